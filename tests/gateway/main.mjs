#!/usr/bin/env node
// The emulated gateway from a command line: for tests, for a demonstration, and for anyone without an appliance.
import { helpText, parseArguments } from './arguments.mjs';
import { LOGIN_PATHS } from './auth.mjs';
import { CONTROL_PATH } from './control.mjs';
import { SwitchError } from './profile.mjs';
import { startGateway } from './server.mjs';

const DEFAULT_PORT = 8443;

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** What a person can paste into a shell, by the profile's kind of login. */
function examples({ url, certificate, credentials, profile }) {
  const curl = certificate ? 'curl -sk' : 'curl -s';
  const { username, password, clientId, clientSecret } = credentials;
  const users = profile.api === 'v2' ? '/backend/api/users' : '/backend/3.0.0/users';
  const login = `${url}${LOGIN_PATHS[profile.auth]}`;
  const field = (name, value) => `--data-urlencode ${quoted(`${name}=${value}`)}`;
  const ask =
    profile.auth === 'v2-header'
      ? `${curl} -i -H 'content-type: application/json' -d ${quoted(JSON.stringify({ username, password }))} ${login} | tr -d '\\r' | grep -i '^authorization:' | sed 's/.*Bearer //'`
      : `${curl} -u ${quoted(`${clientId}:${clientSecret}`)} -d grant_type=password ${field('username', username)} ${field('password', password)} ${login} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'`;
  return [`TOKEN=$(${ask})`, `${curl} -H "authorization: Bearer $TOKEN" ${url}${users}`];
}

function greeting(gateway) {
  const { url, profile, credentials } = gateway;
  const client =
    profile.auth === 'v2-header' ? [] : [`client      ${credentials.clientId} / ${credentials.clientSecret}`];
  const curl = profile.tls ? 'curl -k' : 'curl';
  return [
    `gateway: API ${profile.api}, ${profile.users} users, seed ${profile.seed}, revision ${profile.revision}`,
    `url         ${url}`,
    `web admin   ${credentials.username} / ${credentials.password}`,
    ...client,
    '',
    'try it:',
    ...examples(gateway).map((line) => `  ${line}`),
    '',
    'change it while it runs:',
    `  ${curl} -H 'content-type: application/json' -d '{"revision":1}' ${url}${CONTROL_PATH}`,
    `  ${curl} -H 'content-type: application/json' -d '{"fault":{"kind":"502-html","on":"/users","times":2}}' ${url}${CONTROL_PATH}`,
    '',
    'All people, keys and secrets are invented. Stop with Ctrl-C.',
  ].join('\n');
}

async function main(args) {
  const options = parseArguments(args);
  if (options.help) return console.log(helpText(DEFAULT_PORT));
  const gateway = await startGateway({ port: DEFAULT_PORT, ...options });
  console.log(greeting(gateway));
  const stop = () => gateway.close().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return undefined;
}

const EXPECTED = {
  EADDRINUSE: 'is in use; choose another with --port',
  EACCES: 'may not be opened; choose another with --port',
};

main(process.argv.slice(2)).catch((error) => {
  const known =
    error instanceof SwitchError ? error.message : EXPECTED[error.code] && `port ${error.port} ${EXPECTED[error.code]}`;
  console.error(known ? `gateway: ${known}` : error);
  if (error instanceof SwitchError) console.error('gateway: see --help');
  process.exit(known ? 2 : 1);
});
