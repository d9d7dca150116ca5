// The engine, read from the package, or from a checkout's build.
export { engine } from '../cli/engine.js';
