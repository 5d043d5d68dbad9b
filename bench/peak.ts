/** The most calls in any span of that length. Pure. @param atMs when each came, in any order */
export function mostWithin(atMs: readonly number[], spanMs: number): number {
  const sorted = atMs.toSorted((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [last, now] of sorted.entries()) {
    while (now - (sorted[first] ?? now) >= spanMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
