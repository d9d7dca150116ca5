/** A store of a lake: a bucket of an S3-compatible server. @module gatelake/store/s3 */

import type { Store } from '../store/store.js';

/** A bucket, and where it is. */
export interface Place {
  bucket: string;
  /** What every key in the bucket begins with. */
  prefix?: string;
  /** Of a server that is not AWS: `https://ACCOUNT.r2.cloudflarestorage.com`, say, or `https://storage.googleapis.com`. */
  endpoint?: string;
  /** @defaultValue `us-east-1`, or `auto` with an endpoint */
  region?: string;
  /** Where the bucket stands. @defaultValue `path` with an endpoint */
  style?: 'path' | 'virtual';
}

/** The keys of the bucket. */
export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of keys that somebody lent. */
  sessionToken?: string;
}

/** A lake in an S3-compatible bucket; nothing is sent yet. `fetch`: another way than the global one; `signal` ends what is under way. */
export function s3Store(options: Place & { credentials: Credentials; fetch?: typeof fetch; signal?: AbortSignal }): Store;

/** Credentials and place as the tools of AWS take them from the environment. */
export function s3Environment(env: Record<string, string | undefined>): { credentials?: Credentials; endpoint?: string; region?: string };
