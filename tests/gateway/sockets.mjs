// Listening, closing, reading a request's body.
import { once } from 'node:events';

const LONGEST_REQUEST = 1_000_000;

/** Binds `server`; `url` names an address that a client of this machine can use. Rejects when the port is taken. */
export async function listen(server, scheme, host, port) {
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  const name = ['0.0.0.0', '::'].includes(host) ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return {
    url: `${scheme}://${name}:${address.port}`,
    close: () =>
      new Promise((done) => {
        server.close(done);
        server.closeAllConnections();
      }),
  };
}

/** The body of a request as text; a client that sends too much is cut off. */
export async function readText(req) {
  const parts = [];
  let length = 0;
  for await (const part of req) {
    length += part.length;
    if (length > LONGEST_REQUEST) throw new Error('request body too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** A listener whose failure ends its own connection and nothing else. */
export const guarded = (handle) => (req, res) => {
  handle(req, res).catch((error) => {
    if (!res.destroyed && !req.destroyed)
      console.error(`gateway: ${req.method} ${req.url.split('?')[0]}: ${error.stack}`);
    res.destroy();
  });
};
