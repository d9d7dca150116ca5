// `npm run deploy:dry`: everything that a deployment does but the upload, and the size of what would be uploaded.
import { bundle, LIMIT, total } from './lib/bundle.mjs';
import { bytes, green, red, step, table } from './lib/say.mjs';

try {
  const { files, said } = await step('Bundling the Worker', bundle);
  console.log(`\n${said.join('\n')}`);
  console.log(`\n${table(['file', 'size', 'gzip'], files.map(({ name, raw, gzip }) => [name, bytes(raw), bytes(gzip)]))}`);
  const size = total(files, 'gzip');
  const fits = size <= LIMIT;
  console.log(`\n${fits ? green('ok') : red('too big')}: ${bytes(size)} gzip, the limit is ${bytes(LIMIT)}`);
  process.exitCode = fits ? 0 : 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
