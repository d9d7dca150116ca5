// "Did you mean": the nearest of a few known names.

function distance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[b.length];
}

/** `; did you mean "x"?` for a near miss, else the list of what is known. */
export function suggestion(name, known) {
  const wanted = String(name).toLowerCase();
  const ranked = known.map((word) => [distance(wanted, word.toLowerCase()), word]).sort((a, b) => a[0] - b[0]);
  const [steps, nearest] = ranked[0];
  return steps <= Math.max(2, wanted.length / 3) ? `; did you mean "${nearest}"?` : `; known: ${known.join(', ')}`;
}
