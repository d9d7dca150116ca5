// How the data changes from one revision to the next. Users lie in blocks of up to 100; every revision
// touches four places of each block (one user disabled, one removed, one given a key, one edited) and
// adds one user per block at the end. So any user's state, and the n-th present user, cost O(1).

const BLOCK = 100;
/** Where a user stands in the order in which they are edited and removed: far from their neighbours. */
const GOLDEN = 0.618;

/**
 * The world of `users` base users after `revision` steps:
 * `total` users are present, `nth(n)` is the index of the n-th of them, `has(index)` tells whether an index is one,
 * `changes(index)` what happened to it, `indexes` counts base and added users, removed ones included.
 */
export function revisionOf(users, revision) {
  const size = Math.max(1, Math.min(BLOCK, users));
  const places = Array.from({ length: size }, () => ({ removed: false, disabled: false, extraKey: false, edits: 0 }));
  for (let step = 1; step <= revision; step += 1) {
    const place = (kind) => places[(4 * step + 5 + kind) % size];
    place(0).disabled = true;
    place(0).edits += 1;
    place(1).removed = true;
    place(2).extraKey = true;
    place(2).edits += 1;
    place(3).edits += 1;
  }
  const kept = [...places.keys()].filter((place) => !places[place].removed);
  const whole = Math.floor(users / size);
  const rest = users % size;
  const keptBase = whole * kept.length + kept.filter((place) => place < rest).length;
  const added = revision * Math.ceil(users / size);
  const untouched = { removed: false, disabled: false, extraKey: false, edits: 0 };
  return {
    number: revision,
    indexes: users + added,
    total: keptBase + added,
    nth: (n) => (n < keptBase ? Math.floor(n / kept.length) * size + kept[n % kept.length] : users + n - keptBase),
    changes: (index) => (index < users ? places[index % size] : untouched),
    has: (index) => index >= 0 && index < users + added && !(index < users && places[index % size].removed),
  };
}

/**
 * The same, where each revision edits, adds and removes so many users, all over the list and not in the same place of each block: the
 * `edited` users of a step are others than those of the step before, until all had their turn. One of four edits also adds a key, once. A
 * removed user never comes back, and is no longer edited. O(1) for each user, but for the n-th one, which takes a search among the removed.
 */
export function churnOf(users, revision, { edited, added, removed }) {
  const step = coprime(users);
  const inverse = inverseOf(step, users);
  // A user's turn: the turn-th index is (turn · step) mod users.
  const turnOf = (index) => (index * inverse) % users;
  const gone = Math.min(users, revision * removed);
  const lost = Float64Array.from({ length: gone }, (_, n) => ((users - 1 - n) * step) % users).sort();
  const edits = users ? revision * Math.min(edited, users) : 0;
  const untouched = { removed: false, disabled: false, extraKey: false, edits: 0 };
  /** The n-th index that is not among the lost. */
  const kept = (n) => {
    let [low, high] = [0, gone];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lost[middle] - middle <= n) low = middle + 1;
      else high = middle;
    }
    return n + low;
  };
  const base = users - gone;
  return {
    number: revision,
    indexes: users + revision * added,
    total: base + revision * added,
    nth: (n) => (n < base ? kept(n) : users + n - base),
    changes: (index) => {
      if (index >= users || edits === 0) return untouched;
      const turn = turnOf(index);
      const times = Math.floor(edits / users) + (turn < edits % users ? 1 : 0);
      return times ? { ...untouched, edits: times, extraKey: turn % 4 === 0 } : untouched;
    },
    has: (index) => index >= 0 && index < users + revision * added && !(index < users && turnOf(index) >= users - gone),
  };
}

const gcd = (a, b) => (b === 0 ? a : gcd(b, a % b));

function coprime(users) {
  let step = Math.max(1, Math.floor(users * GOLDEN));
  while (gcd(step, users) !== 1) step += 1;
  return step;
}

/** The number that undoes a multiplication by `step`, by Euclid. */
function inverseOf(step, users) {
  let [a, b, x, y] = [step, users, 1, 0];
  while (b !== 0) [a, b, x, y] = [b, a % b, y, x - Math.floor(a / b) * y];
  return users ? ((x % users) + users) % users : 0;
}
