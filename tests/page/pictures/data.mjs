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

export const DAY = 86_400_000;
/** 1 November 2026, noon UTC. */
export const START = Date.UTC(2026, 10, 1, 12);

/** A snapshot a day, the newest first as the API has them, and a run for each; each third day's run fails once before. */
export function history(days, { from = START, step = DAY } = {}) {
  const snapshots = Array.from({ length: days }, (_, at) => ({ id: `s${at}`, at: from + at * step, tables: 12 + (at % 3), rows: 1_000 + at * 10, bytes: 2_048 * (at + 1) })).reverse();
  const runs = snapshots.flatMap(({ id, at }, one) => [
    { id: `r-${id}`, at, outcome: one % 5 === 2 ? 'partial' : 'published', snapshot: id },
    ...(one % 3 === 1 ? [{ id: `f-${id}`, at: at + step / 2, outcome: 'failed', snapshot: null }] : []),
    { id: `u-${id}`, at: at + step / 4, outcome: 'unchanged', snapshot: id },
  ]);
  return { snapshots, runs };
}

/** Tables whose rows grow and shrink; the last one comes late, the one before it goes early, and the third last is always empty. */
export function rowsOver(tables, snapshots, seed = 11, step = DAY) {
  const pick = numbers(seed);
  const made = Array.from({ length: tables }, (_, table) => {
    let rows = 10 ** (1 + (table % 6));
    return { name: `table_${table}`, rows: Array.from({ length: snapshots }, () => (rows = Math.max(0, rows + pick(rows / 5 + 3) - Math.floor(rows / 12)))) };
  });
  const half = Math.floor(snapshots / 2);
  if (tables > 3) {
    made.at(-1).rows.fill(null, 0, half);
    made.at(-2).rows.fill(null, half);
    made.at(-3).rows.fill(0);
  }
  return { snapshots: Array.from({ length: snapshots }, (_, at) => ({ id: `s${at}`, at: START + at * step })), tables: made };
}

/** Users with a home folder each, some of whom share folders and some of whom are disabled. */
export function access(users, shared, seed = 3) {
  const pick = numbers(seed);
  const common = Array.from({ length: shared }, (_, at) => `/shared/team-${at}`);
  const made = Array.from({ length: users }, (_, at) => ({ name: `user-${String(at).padStart(4, '0')}`, enabled: at % 7 !== 3, home: at % 4 === 1 ? common[at % shared] : `/home/user-${String(at).padStart(4, '0')}` }));
  const permissions = made.flatMap(({ name, home }, at) => [
    { user: name, folder: home, permission: at % 5 === 0 ? '' : 'READ_WRITE' },
    ...Array.from({ length: pick(3) }, () => ({ user: name, folder: common[pick(shared)], permission: pick(3) ? 'READ_WRITE' : 'READ' })),
  ]);
  return { users: made, folders: [...new Set(permissions.map(({ folder }) => folder))].sort(), permissions };
}
