// What was asked of the server: enough for a test to count logins and retries, never a secret.

const KEPT = 10_000;
const LOGGED_PARAMETERS = ['page', 'size', 'search'];

/** `requests` holds the latest entries, `counts` all of them since the start. */
export function journal() {
  const requests = [];
  const counts = { logins: 0, refreshes: 0, refusedLogins: 0, data: 0, unauthorized: 0, faults: 0, decoy: 0 };
  return {
    requests,
    counts,
    /** A new entry; `status` is filled in when the answer begins and stays null when none does. */
    note(req, path, query, origin) {
      const shown = LOGGED_PARAMETERS.filter((name) => query.has(name)).map((name) => [name, query.get(name)]);
      const entry = {
        method: req.method,
        path,
        query: Object.fromEntries(shown),
        authorized: req.headers.authorization !== undefined,
        status: null,
        fault: null,
        origin,
      };
      requests.push(entry);
      if (requests.length > KEPT) requests.shift();
      return entry;
    },
  };
}
