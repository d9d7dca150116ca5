// What the pictures are drawn from in tests, made by rule.

/** Repeats itself: the same numbers in each run. */
export function numbers(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export const HOSTILE = ['<img src=x onerror=alert(1)>', '\u202Egnp.exe\u202C', '__proto__', 'constructor', `long_${'x'.repeat(5_000)}`, '👩‍👩‍👧 نص', 'a.b"c\'d', ''];

const COLUMNS = [
  { name: 'id', type: 'bigint', key: 'primary' },
  { name: 'username', type: 'text' },
  { name: 'email', type: 'text' },
  { name: 'enabled', type: 'bool' },
  { name: 'home_folder_id', type: 'bigint' },
  { name: 'created_at', type: 'timestamp' },
  { name: 'last_login_at', type: 'timestamp', isNew: true },
  { name: 'max_connections', type: 'bigint' },
  { name: 'password_expires', type: 'date' },
  { name: 'cloud_connection_inherited_identifier', type: 'text' },
  { name: '_dlt_id', type: 'text', key: 'row' },
];
const CHILD = [
  { name: 'value', type: 'text' },
  { name: '_dlt_root_id', type: 'text', key: 'root' },
  { name: '_dlt_parent_id', type: 'text', key: 'parent' },
  { name: '_dlt_list_idx', type: 'bigint' },
  { name: '_dlt_id', type: 'text', key: 'row' },
];

/** The gateway's tables, in short. */
export const GATEWAY = {
  tables: [
    { name: 'users', rows: 1_204, columns: COLUMNS, state: 'changed' },
    { name: 'users__permissions', parent: 'users', rows: 3_611, columns: [{ name: 'folder_id', type: 'bigint' }, { name: 'permission', type: 'text' }, ...CHILD.slice(1)] },
    { name: 'users__public_keys', parent: 'users', rows: 880, columns: CHILD, state: 'new' },
    { name: 'users__public_keys__options', parent: 'users__public_keys', rows: 12, columns: CHILD },
    { name: 'folders', rows: 412, columns: [COLUMNS[0], { name: 'path', type: 'text' }, { name: 'parent_id', type: 'bigint' }, { name: 'cloud_connection_id', type: 'bigint' }, COLUMNS.at(-1)] },
    { name: 'cloud_connections', rows: 3, columns: [COLUMNS[0], { name: 'name', type: 'text' }, { name: 'bucket', type: 'text' }, COLUMNS.at(-1)], state: 'stale' },
    { name: 'settings', rows: 1, columns: [{ name: 'version', type: 'text' }, COLUMNS.at(-1)] },
  ],
  references: [
    { from: 'users.home_folder_id', to: 'folders.id' },
    { from: 'users__permissions.folder_id', to: 'folders.id' },
    { from: 'folders.parent_id', to: 'folders.id' },
    { from: 'folders.cloud_connection_id', to: 'cloud_connections.id' },
  ],
};

/** Trees of tables: each table but the roots is a child of an earlier one of its tree. */
export function forest(tables, trees, seed = 7) {
  const pick = numbers(seed);
  const made = Array.from({ length: tables }, (_, at) => {
    const earlier = Array.from({ length: at }, (_, one) => one).filter((one) => one % trees === at % trees);
    const parent = at < trees ? undefined : `t${earlier[pick(earlier.length)]}`;
    const own = Array.from({ length: pick(9) }, (_, one) => ({ name: `column_${one}`, type: 'text' }));
    return { name: `t${at}`, rows: pick(100_000), columns: [...own, ...(parent ? CHILD : [COLUMNS.at(-1)])], ...(parent && { parent }) };
  });
  return { tables: made, references: [] };
}
