// The one policy that Trusted Types leave to this page: it lets the engine's Web Worker begin, and nothing else become a script.

/** As browsers have it; TypeScript's own library does not name it yet. */
interface Factory {
  createPolicy(name: 'gatelake', rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): URL };
}

/** The engine's script, of a fixed name so that the policy can be about one address. */
const ENGINE = new URL('worker.js', document.baseURI).href;

function only(url: string): string {
  if (url !== ENGINE) throw new TypeError('The engine is the only script that this page may load');
  return url;
}

const { trustedTypes } = globalThis as { trustedTypes?: Factory };
const policy = trustedTypes?.createPolicy('gatelake', { createScriptURL: only });

/** For `new Worker(workerUrl(), { type: 'module' })`: a `TrustedScriptURL`, which goes wherever a URL does. */
export function workerUrl(): URL {
  return policy?.createScriptURL(ENGINE) ?? new URL(ENGINE);
}
