/** As many as are told at most. */
const MOST = 3;

/** Those of some words that a misspelt one may mean, the nearest first; none when all are far from it. Pure. */
export function nearestTo(given: string, words: readonly string[]): readonly string[] {
  const farthest = Math.max(2, Math.floor(given.length / 3));
  return words
    .filter((word) => Math.abs(word.length - given.length) <= farthest) // others need that many letters at least
    .map((word) => ({ word, distance: distanceOf(given.toLowerCase(), word.toLowerCase()) }))
    .filter(({ distance }) => distance <= farthest)
    .sort((a, b) => a.distance - b.distance || (a.word < b.word ? -1 : 1))
    .slice(0, MOST)
    .map(({ word }) => word);
}

/** How many letters have to be put in, left out or changed (Levenshtein), one row of the table at a time. */
function distanceOf(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [taken, letter] of Array.from(from).entries()) {
    const next = [taken + 1];
    for (const [index, wanted] of Array.from(to).entries()) {
      const changed = (row[index] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(changed, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
