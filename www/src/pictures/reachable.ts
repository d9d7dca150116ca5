// What the picture of who reaches what is drawn from: users and folders, what joins them, and which of them to draw.

export interface ReachData {
  readonly users: readonly { readonly name: string; readonly enabled: boolean; readonly home?: string }[];
  readonly folders: readonly string[];
  /** `permission` is empty for a home folder without a stated one. */
  readonly permissions: readonly { readonly user: string; readonly folder: string; readonly permission: string }[];
}

/** A user and a folder that the user reaches. */
export interface Pair {
  readonly user: string;
  readonly folder: string;
  /** As the gateway names them; none for a home folder without a stated one. */
  readonly permissions: readonly string[];
  readonly home: boolean;
}

export type Side = 'user' | 'folder';

/** What stands on one side: a user, a folder, or all those for whom there is no room. */
export interface Node {
  readonly key: string;
  readonly side: Side;
  /** Undefined for the rest. */
  readonly name: string | undefined;
  /** All that is seen of it, drawn or not. */
  readonly pairs: readonly Pair[];
  /** How many it stands for. */
  readonly stands: number;
}

/** Between two nodes: as many pairs as it stands for. */
export interface Bundle {
  readonly user: string;
  readonly folder: string;
  readonly pairs: readonly Pair[];
}

export interface Sight {
  readonly users: readonly Node[];
  readonly folders: readonly Node[];
  readonly bundles: readonly Bundle[];
  /** How many there are, drawn or not. */
  readonly counts: Readonly<Record<Side, number>>;
}

function grouped<T>(all: readonly T[], by: (one: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const one of all) {
    const own = found.get(by(one));
    if (own) own.push(one);
    else found.set(by(one), [one]);
  }
  return found;
}

/** Each user with each folder once. */
export function pairsOf({ users, permissions }: ReachData): Pair[] {
  const found = new Map<string, Map<string, { user: string; folder: string; permissions: string[]; home: boolean }>>();
  const pair = (user: string, folder: string) => {
    const own = found.get(user) ?? new Map<string, { user: string; folder: string; permissions: string[]; home: boolean }>();
    found.set(user, own);
    const one = own.get(folder) ?? { user, folder, permissions: [], home: false };
    own.set(folder, one);
    return one;
  };
  for (const { name, home } of users) if (home !== undefined) pair(name, home).home = true;
  for (const { user, folder, permission } of permissions) {
    const { permissions: own } = pair(user, folder);
    if (permission && !own.includes(permission)) own.push(permission);
  }
  return [...found.values()].flatMap((own) => [...own.values()]);
}

/** The permissions that there are, the most frequent first. */
export function kindsOf(pairs: readonly Pair[]): string[] {
  const counts = new Map<string, number>();
  for (const { permissions } of pairs) for (const one of permissions) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].sort(([left, few], [right, many]) => many - few || (left < right ? -1 : 1)).map(([name]) => name);
}

/**
 * At most `most` folders, those that most users reach, and at most `most` users, those who reach most of these; each side's rest as one
 * node. What joins one rest with the other is not drawn.
 */
export function sightOf(pairs: readonly Pair[], most: number): Sight {
  const byFolder = grouped(pairs, ({ folder }) => folder);
  const byUser = grouped(pairs, ({ user }) => user);
  const folders = [...byFolder].sort(([, left], [, right]) => right.length - left.length);
  const drawn = new Set(folders.slice(0, most).map(([name]) => name));
  const reached = new Map([...byUser].map(([name, own]) => [name, own.filter(({ folder }) => drawn.has(folder)).length]));
  const users = [...byUser].sort(([one, left], [other, right]) => (reached.get(other) ?? 0) - (reached.get(one) ?? 0) || right.length - left.length);
  const sides = { user: nodes('user', users, most), folder: nodes('folder', folders, most) };
  const bundles = bundlesOf(pairs, sides.user, sides.folder);
  return { ...untangled(sides.user, sides.folder, bundles), bundles, counts: { user: users.length, folder: folders.length } };
}

function nodes(side: Side, all: readonly (readonly [string, readonly Pair[]])[], most: number): Node[] {
  const rest = all.slice(most);
  const own = all.slice(0, most).map(([name, pairs]): Node => ({ key: `${side} ${name}`, side, name, pairs, stands: 1 }));
  return rest.length ? [...own, { key: side, side, name: undefined, pairs: rest.flatMap(([, pairs]) => pairs), stands: rest.length }] : own;
}

function bundlesOf(pairs: readonly Pair[], users: readonly Node[], folders: readonly Node[]): Bundle[] {
  const keys = (nodes: readonly Node[]) => new Map(nodes.map(({ name, key }) => [name, key]));
  const [userKeys, folderKeys] = [keys(users), keys(folders)];
  const ends = ({ user, folder }: Pair) => ({ user: userKeys.get(user) ?? 'user', folder: folderKeys.get(folder) ?? 'folder' });
  const drawn = pairs.map((pair) => ({ ...ends(pair), pair })).filter(({ user, folder }) => user !== 'user' || folder !== 'folder');
  return [...grouped(drawn, ({ user }) => user)].flatMap(([user, own]) => [...grouped(own, ({ folder }) => folder)].map(([folder, one]) => ({ user, folder, pairs: one.map(({ pair }) => pair) })));
}

const TURNS = 6;

/** Both sides in an order in which fewer lines cross: each node in the middle of those it is joined with, the rests last. */
function untangled(users: readonly Node[], folders: readonly Node[], bundles: readonly Bundle[]): { users: Node[]; folders: Node[] } {
  let [left, right] = [[...users], [...folders]];
  const order = (own: Node[], other: readonly Node[], ends: Map<string, Bundle[]>, end: (bundle: Bundle) => string): Node[] => {
    const places = new Map(other.map(({ key }, at) => [key, at / other.length]));
    const middle = new Map(own.map(({ key, name }) => {
      const joined = ends.get(key) ?? [];
      return [key, name === undefined ? Infinity : joined.reduce((sum, one) => sum + (places.get(end(one)) ?? 0), 0) / Math.max(1, joined.length)];
    }));
    return own.toSorted((one, two) => (middle.get(one.key) === middle.get(two.key) ? 0 : (middle.get(one.key) ?? 0) - (middle.get(two.key) ?? 0)));
  };
  const [ofUsers, ofFolders] = [grouped(bundles, ({ user }) => user), grouped(bundles, ({ folder }) => folder)];
  for (let turn = 0; turn < TURNS; turn++) {
    left = order(left, right, ofUsers, ({ folder }) => folder);
    right = order(right, left, ofFolders, ({ user }) => user);
  }
  return { users: left, folders: right };
}
