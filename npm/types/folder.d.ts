/** A store of a lake: a folder of this machine. @module gatelake/store/folder */

import type { Store } from '../store/store.js';

/** A lake in a folder of this machine, for Node: whole files or none, and one of several processes wins. The folder is made with the first object. */
export function folderStore(path: string): Store;
