// One of several processes that count in one object, each by compare-and-swap: `node swap.mjs FOLDER KEY TIMES NAME`. Each swap adds a
// line to the object; a lost swap is tried again on what is there then.
import { folderStore } from '../../npm/store/folder.js';

const [folder, key, times, name] = process.argv.slice(2);
const store = folderStore(folder);
let lost = 0;
for (let turn = 0; turn < Number(times); ) {
  const found = await store.get(key);
  const text = found ? new TextDecoder().decode(found.bytes) : '';
  const next = new TextEncoder().encode(`${text}${name} ${turn}\n`);
  const done = await store.put(key, next, found ? { match: found.etag, meta: { writer: name } } : { create: true, meta: { writer: name } });
  if (done) turn += 1;
  else lost += 1;
}
console.log(JSON.stringify({ lost }));
