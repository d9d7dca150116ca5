// `npm run deploy`: wrangler, with the Node that it needs. Its arguments go through: `npm run deploy -- --env staging`.
import { wrangler } from './lib/wrangler.mjs';

await wrangler('deploy', ...process.argv.slice(2));
