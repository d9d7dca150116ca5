// `npm run dev`: the Worker on this machine, rebuilt when src/ changes. With a file .dev.vars it works on the gateways of
// gatelake.toml, with the secrets in that file; without one, on an emulated gateway. The lake stays from one time to the next.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startGateway } from '../tests/gateway/server.mjs';
import { ROOT } from './lib/execute.mjs';
import { emulated } from './lib/local.mjs';
import { wrangler } from './lib/wrangler.mjs';

const TOKEN = 'only-for-this-machine';
const args = process.argv.slice(2);

if (existsSync(join(ROOT, '.dev.vars'))) {
  console.log('The gateways of gatelake.toml, with the secrets of .dev.vars.\n');
  await wrangler('dev', ...args);
} else {
  const gateway = await startGateway({ users: 1000 });
  const { toml, secrets } = emulated(gateway);
  const variables = { ...secrets, GATELAKE_TOKEN: TOKEN, GATELAKE_CONFIG: toml };
  mkdirSync(join(ROOT, 'build'), { recursive: true });
  const file = join(ROOT, 'build', 'emulated.vars');
  writeFileSync(file, Object.entries(variables).map(([name, value]) => `${name}='${value}'\n`).join(''));
  console.log(`No .dev.vars: an emulated gateway of 1,000 users at ${gateway.url}. The API's token is ${TOKEN}.\n`);
  await wrangler('dev', '--env-file', file, ...args);
  await gateway.close();
}
