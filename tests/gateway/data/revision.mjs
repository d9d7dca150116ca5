// How the data changes from one revision to the next. Users lie in blocks of up to 100; every revision
// touches four places of each block (one user disabled, one removed, one given a key, one edited) and
// adds one user per block at the end. So any user's state, and the n-th present user, cost O(1).

const BLOCK = 100;

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
