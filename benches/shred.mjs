// The benchmark's hand-written JavaScript: a parsed list of records → columns of relational tables, by dlt's naming.

const snake = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/** The answer: table name → `{ columns: [{ name, data }] }`, in hyparquet-writer's form. */
export function shred(root, records, loadId) {
  const tables = new Map();
  const names = new Map();
  const named = (prefix, key) => {
    let inner = names.get(prefix);
    if (!inner) names.set(prefix, (inner = new Map()));
    let name = inner.get(key);
    if (!name) inner.set(key, (name = prefix + snake(key)));
    return name;
  };

  let serial = 0;
  function row(name, record, link) {
    let table = tables.get(name);
    if (!table) tables.set(name, (table = { rows: 0, byName: new Map() }));
    const id = `${name}-${(serial += 1)}`;
    if (record !== null && typeof record === 'object') fields(table, name, '', record, id);
    else put(table, 'value', record);
    for (const [key, value] of link) put(table, key, value);
    put(table, '_dlt_id', id);
    table.rows += 1;
  }

  function fields(table, name, prefix, record, id) {
    for (const key in record) {
      const value = record[key];
      const column = named(prefix, key);
      if (Array.isArray(value)) {
        const child = `${name}__${column}`;
        for (let at = 0; at < value.length; at += 1) row(child, value[at], [['_dlt_parent_id', id], ['_dlt_list_idx', at]]);
      } else if (value !== null && typeof value === 'object') fields(table, name, `${column}__`, value, id);
      else if (value !== null) put(table, column, column.endsWith('_date') ? new Date(value) : value);
    }
  }

  function put(table, column, value) {
    let data = table.byName.get(column);
    if (!data) table.byName.set(column, (data = []));
    while (data.length < table.rows) data.push(null);
    data.push(typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value);
  }

  for (const record of records) row(root, record, [['_dlt_load_id', loadId]]);
  for (const table of tables.values()) {
    table.columns = [...table.byName].map(([name, data]) => {
      while (data.length < table.rows) data.push(null);
      return { name, data };
    });
  }
  return tables;
}
