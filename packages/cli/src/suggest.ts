/**
 * The word that was probably meant: the nearest one, if it is near enough.
 *
 * @returns undefined when no word is within one edit for three letters, at most three
 * @example suggest('--ndoes', ['--nodes', '--port']) // '--nodes'
 */
export function suggest(given: string, words: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Math.min(3, Math.floor(given.replace(/^-+/, '').length / 3)) + 1;
  for (const one of words) {
    const edits = distance(given, one);
    if (edits >= least) continue;
    nearest = one;
    least = edits;
  }
  return nearest;
}

/** Letters to insert, delete, replace, or exchange with their neighbour (optimal string alignment). */
function distance(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 1; i <= one.length; i++) {
    const next = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1);
      }
      next.push(least);
    }
    [before, row] = [row, next];
  }
  return row[other.length] ?? 0;
}
