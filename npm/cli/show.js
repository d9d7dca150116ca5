// `gatelake show`: the page over a lake of this machine. It answers as a Worker does (docs/api.md), by the same code, as far as a lake
// alone can, to this machine alone, to whoever has the token.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { content, headersOf, parseHeaders, typeOf } from './assets.js';
import { EXIT, Failure, failure, usage } from './failure.js';
import { datasets } from './lakes.js';
import { open, PLACE_OPTIONS, PLACES } from './place.js';

/** In the package, and in a checkout. */
const PAGES = ['../page', '../../build/www'].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** @type {import('./arguments.js').Command} */
export const command = {
  usage: 'show [PLACE] [OPTIONS]',
  files: [0, 1],
  options: {
    port: { value: 'NUMBER', help: 'of 127.0.0.1; any free one, if it is left out' },
    dataset: { value: 'NAME', help: 'the one dataset; all of the place, if it is left out' },
    ...PLACE_OPTIONS,
  },
  details: `The place is \`lake\` if none is given. ${PLACES}

It listens on 127.0.0.1 alone and stays up until Ctrl-C. The link that it prints holds a token, made anew each time, without which nothing of the
lake is given out.`,

  async run({ values, files: [place = 'lake'] }, io) {
    const port = Number(values.port ?? 0);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) throw usage('--port takes a number from 0 to 65535');
    const folder = PAGES.find((path) => existsSync(join(path, 'index.html')));
    if (!folder) throw new Failure('internal', 'the page is not there', { help: 'In a checkout, `npm run build page` makes it' });
    const found = await datasets(open(place, values, io), values.dataset);
    const token = randomBytes(24).toString('base64url');
    const server = createServer(pages(folder, api(found, place, token)));
    server.listen(port, '127.0.0.1');
    await Promise.race([
      once(server, 'listening'),
      once(server, 'error').then(([error]) => {
        throw new Failure('system', `port ${port} cannot be opened: ${error.message}`, { help: 'Choose another with --port' });
      }),
    ]);
    const url = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/`;
    io.answer({ url, token, datasets: found.map(({ dataset }) => dataset) });
    io.print(`${url}#token=${token}&view=lake\n`);
    io.say('Open the link in a browser of this machine. Ctrl-C ends it.');
    if (!io.signal.aborted) await once(io.signal, 'abort');
    server.closeAllConnections();
    server.close();
    return EXIT.DONE;
  },
};

/**
 * @typedef {{ status: number, headers?: Record<string, string>, body: string | Uint8Array }} Reply
 * @typedef {(method: string, url: URL, authorization: string | undefined) => Promise<Reply>} Api
 */

/**
 * Answers for the page's files and, below /api/, for the lake.
 * @param {string} folder
 * @param {Api} api
 * @returns {import('node:http').RequestListener}
 */
function pages(folder, api) {
  const rules = parseHeaders(readFileSync(join(folder, '_headers'), 'utf8'));
  return async (request, response) => {
    const method = request.method ?? '';
    const host = request.headers.host ?? '';
    const send = (/** @type {Reply} */ { status, headers = {}, body }) => void response.writeHead(status, headers).end(method === 'HEAD' ? undefined : body);
    request.resume();
    // A name that somebody else points to this machine is none of ours: pages of theirs would be of one origin with us.
    const port = request.socket.localPort;
    if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) return send(refuse(421, 'denied', 'this address is not served here'));
    const url = URL.canParse(request.url ?? '', 'http://page') ? new URL(request.url ?? '', 'http://page') : undefined;
    if (!url) return send(refuse(400, 'bad_url', 'the URL cannot be read'));
    if (url.pathname === '/healthz' || url.pathname.startsWith('/api/')) return send(await api(method, url, request.headers.authorization));
    if (method !== 'GET' && method !== 'HEAD') return send(refuse(405, 'method_not_allowed', `${method} is not for files`));
    const path = decoded(url.pathname);
    const file = path === undefined ? undefined : content(folder, path);
    const headers = headersOf(rules, path ?? '/');
    if (file === undefined || path === undefined) return send({ status: 404, headers, body: '' });
    return send({ status: 200, headers: { ...headers, 'content-type': typeOf(path) }, body: file });
  };
}

/** @param {string} path */
function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}

/** Routes of the Worker's that ask a gateway, whatever the method. */
const POSTED = ['preview', 'probe'];

/** What stands on every answer of the API, as on the Worker's. */
const FIXED = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** @param {number} status @param {unknown} value @returns {Reply} */
const json = (status, value) => ({ status, headers: { ...FIXED, 'content-type': 'application/json' }, body: JSON.stringify(value) });

/** @param {number} status @param {string} code @param {string} message @param {string} [help] */
const refuse = (status, code, message, help = undefined) => json(status, { error: { code, message, at: null, help: help ?? null } });

/**
 * The routes of docs/api.md that a lake alone can answer.
 * @param {import('./lakes.js').Dataset[]} found
 * @param {string} place
 * @param {string} token
 * @returns {Api}
 */
function api(found, place, token) {
  const digest = (/** @type {string} */ text) => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${token}`);
  return async (method, url, authorization) => {
    if (url.pathname === '/healthz') return json(200, { ok: true, product: 'gatelake' });
    if (!timingSafeEqual(digest(authorization ?? ''), expected)) return refuse(401, 'denied', 'this needs the token', 'Open the link that `gatelake show` has printed');
    const path = url.pathname.replace(/^\/api\/|\/+$/g, '').split('/').map((part) => decoded(part) ?? '');
    if (method === 'POST' || POSTED.includes(path.join('/'))) return refuse(405, 'read_only', 'this is a lake to look at: nothing is fetched from here', 'gatelake pull brings what is new');
    if (method !== 'GET' && method !== 'HEAD') return refuse(405, 'method_not_allowed', `${method} is not for this route`, 'It takes GET, HEAD');
    try {
      return await answer(found, place, path, url.searchParams);
    } catch (error) {
      const { code, message, at, help } = failure(error);
      return json(500, { error: { code, message, at: at ?? null, help: help ?? null } });
    }
  };
}

/**
 * @param {import('./lakes.js').Dataset[]} found
 * @param {string} place
 * @param {string[]} path below /api/
 * @param {URLSearchParams} query
 * @returns {Promise<Reply>}
 */
async function answer(found, place, path, query) {
  const route = path.join('/');
  // Without the configuration nobody knows the gateways.
  if (route === 'datasets') return json(200, { datasets: found.map(({ dataset }) => ({ dataset, gateway: place, direct: false, resources: [] })) });
  if (route === 'collect') {
    const reports = await Promise.all(found.map(({ lake }) => lake.collection()));
    return json(200, { collections: reports.flatMap((report) => (report === undefined ? [] : [JSON.parse(report)])) });
  }
  const wanted = query.get('dataset');
  const one = wanted === null ? (found.length === 1 ? found[0] : undefined) : found.find(({ dataset }) => dataset === wanted);
  const names = found.map(({ dataset }) => dataset).join(', ');
  if (!one && wanted === null) return refuse(400, 'dataset_needed', 'there are several datasets: name one with `dataset`', `They are: ${names}`);
  if (!one) return refuse(404, 'no_such_dataset', `there is no dataset ${wanted}`, `They are: ${names}`);
  const { status, headers, body } = await one.lake.answer(path, [...query].flat());
  return { status, headers: { ...FIXED, ...headers }, body };
}
