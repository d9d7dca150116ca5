// The control route: another process on this machine changes data, profile and faults, and reads the counts.
import { SwitchError } from './profile.mjs';
import { readText } from './sockets.mjs';

export const CONTROL_PATH = '/__emulator';

const HIDDEN = ['password', 'clientSecret'];
const LOOPBACK = /^(::ffff:)?127\.|^::1$/;

const reply = (status, value) => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(value)}\n`,
});

/**
 * `GET` tells the profile (without secrets), armed faults, counts and requests. `POST` takes a JSON object of
 * switches, `faults` (a list that replaces all) and `fault` (one more). A page in a browser cannot call it: the content
 * type must be JSON and no CORS header is ever sent here.
 */
export function controlRoute({ set, faults, log, profile }) {
  const state = () => {
    const shown = Object.fromEntries(Object.entries(profile()).filter(([name]) => !HIDDEN.includes(name)));
    return { profile: shown, faults: faults.describe(), counts: log.counts, requests: log.requests };
  };
  return async (req) => {
    if (!LOOPBACK.test(req.socket.remoteAddress ?? '')) return reply(403, { message: 'only from this machine' });
    if (req.method === 'GET') return reply(200, state());
    if (req.method !== 'POST') return reply(405, { message: 'GET or POST' });
    if (!(req.headers['content-type'] ?? '').startsWith('application/json'))
      return reply(415, { message: 'send application/json' });
    try {
      const change = JSON.parse(await readText(req));
      if (change === null || typeof change !== 'object') throw new SwitchError('send a JSON object of switches');
      set(change);
      return reply(200, state());
    } catch (error) {
      if (error instanceof SwitchError || error instanceof SyntaxError) return reply(400, { message: error.message });
      throw error;
    }
  };
}
