// `npm run dev`: the Worker on this machine, rebuilt when src/ changes. It reads secrets from .dev.vars.
import { wrangler } from './lib/wrangler.mjs';

await wrangler('dev', ...process.argv.slice(2));
