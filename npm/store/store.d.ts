/** What is attached to an object by whoever puts it: names in lower_snake, 2 KB in all at most. */
export type Metadata = Record<string, string>;

/**
 * A bucket, or what stands for one: strongly consistent, with conditional puts. An error with `transient: true` may be hidden by
 * trying again; it may also hide a put that took effect.
 */
export interface Store {
  /** The object of that key, `null` if there is none. */
  get(key: string): Promise<{ bytes: Uint8Array; etag: string; meta: Metadata } | null>;
  /** The same without its content; `size` in bytes. */
  head(key: string): Promise<{ etag: string; size: number; meta: Metadata } | null>;
  /**
   * Always, with `create` only if there is no object of that key, with `match` only if it is still that version. Resolves to the new
   * version, or to `null` if the condition was not met.
   */
  put(key: string, bytes: Uint8Array, options?: { create?: true; match?: string; meta?: Metadata }): Promise<string | null>;
  /**
   * Objects whose keys begin with `prefix`, in key order, at most `limit` (1 to 1000) of them. With a `cursor` there are more: give
   * it to the next call.
   */
  list(prefix: string, options: { cursor?: string; limit: number }): Promise<{ objects: { key: string; etag: string; size: number }[]; cursor?: string }>;
  /** Removing what is not there is no error. */
  delete(keys: string[]): Promise<void>;
}
