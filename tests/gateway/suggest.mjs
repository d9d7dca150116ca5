// "Did you mean": the nearest of a few known names.
import { nearest } from '../../npm/cli/text.js';

/** `; did you mean "x"?` for a near miss, else the list of what is known. */
export function suggestion(name, known) {
  const meant = nearest(String(name), known);
  return meant === undefined ? `; known: ${known.join(', ')}` : `; did you mean "${meant}"?`;
}
