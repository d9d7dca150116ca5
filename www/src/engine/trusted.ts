// The one Trusted Types policy of the page: it makes the address of the engine's script, and no other.
interface Policies {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): { createScriptURL(address: string): string };
}

const ENGINE = new URL('engine.js', import.meta.url).href;

const rules = {
  createScriptURL(address: string): string {
    if (address !== ENGINE) throw new TypeError('not a script of this page');
    return address;
  },
};

/** The address of the engine's script, for `new Worker`. Browsers without Trusted Types take it as it is. */
export function workerUrl(): string {
  const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
  return (policies ? policies.createPolicy('gatelake', rules) : rules).createScriptURL(ENGINE);
}
