// The engine's Web Worker: the wasm is loaded as it arrives, and tells when it is there.
import init from '../../../build/web/gatelake.js';

await init({ module_or_path: fetch(new URL('gatelake_bg.wasm', location.href)) });
postMessage('ready');
