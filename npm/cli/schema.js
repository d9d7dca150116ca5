// `gatelake schema`: what tables a lake has, and what is in their columns.
import { EXIT, Failure } from './failure.js';
import { asked, datasets } from './lakes.js';
import { open, PLACE_OPTIONS, PLACES } from './place.js';
import { count, table } from './text.js';

/** @type {import('./arguments.js').Command} */
export const command = {
  usage: 'schema [PLACE] [OPTIONS]',
  files: [0, 1],
  options: {
    dataset: { value: 'NAME', help: 'the one dataset; all of the place, if it is left out' },
    table: { value: 'NAME', help: 'the one table' },
    ...PLACE_OPTIONS,
  },
  details: `The place is \`lake\` if none is given. ${PLACES}`,

  async run({ values, files: [place = 'lake'] }, io) {
    const answer = [];
    for (const { dataset, lake } of await datasets(open(place, values, io), values.dataset)) {
      const current = await asked(lake, ['snapshots', 'current']);
      const tables = current.snapshot.tables.filter((/** @type {any} */ one) => values.table === undefined || one.name === values.table);
      answer.push({ dataset, snapshot: current.snapshot.snapshot, schema: current.snapshot.schema, tables, freshness: current.freshness });
    }
    if (answer.every(({ tables }) => tables.length === 0)) {
      throw new Failure('no_such_table', `there is no table ${values.table}`, { help: 'Leave --table out to see all of them' });
    }
    io.answer({ datasets: answer });
    for (const { dataset, snapshot, tables } of answer) {
      io.print(`${io.paint.bold(dataset)}, snapshot ${snapshot}`);
      for (const one of tables) {
        io.print(`\n${io.paint.bold(one.name)}  ${io.paint.dim(`${count(one.rows)} rows${one.parent ? `, below ${one.parent}` : ''}`)}`);
        io.print(table(['column', 'type', 'null', 'from'], one.columns.map(cells), io.paint.dim));
      }
      io.print('');
    }
    return EXIT.DONE;
  },
};

/** @param {any} column */
function cells({ name, data_type: type, nullable, origin, precision, scale }) {
  const size = precision === undefined ? '' : `(${[precision, scale].filter((one) => one !== undefined).join(', ')})`;
  return [name, type ? `${type}${size}` : 'no value yet', nullable ? 'yes' : 'no', origin ?? ''];
}
