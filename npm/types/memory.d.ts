/** A store of a lake: the program's own memory. @module gatelake/store/memory */

import type { Metadata, Store } from '../store/store.js';

/** A lake that goes with the program. `objects`: all that is in it, by key. */
export function memoryStore(): Store & { readonly objects: ReadonlyMap<string, { bytes: Uint8Array; etag: string; meta: Metadata }> };
