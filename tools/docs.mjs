// `npm run docs`: the module's API reference, of npm/types, into build/docs. What has no documentation, and a link that leads nowhere, are errors.
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execute, ROOT } from './lib/execute.mjs';
import { step } from './lib/say.mjs';

const HOME = join(ROOT, 'tools', 'docs');

export async function buildDocs(note) {
  await execute(process.execPath, [join(HOME, 'node_modules', 'typedoc', 'bin', 'typedoc'), '--options', join(HOME, 'typedoc.json')], { log: 'docs', note });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await step('Making the API reference', buildDocs);
  console.log(`It begins at ${relative(process.cwd(), join(ROOT, 'build', 'docs', 'index.html'))}.`);
}
