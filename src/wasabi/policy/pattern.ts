/**
 * Whether a text matches a pattern in which `*` stands for any characters, also none, and `?` for one. In time of the
 * product of both lengths at most, since patterns come from strangers.
 * Source: IAM User Guide, "IAM JSON policy elements: Resource", wildcards.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  let [at, position, star, afterStar] = [0, 0, -1, 0];
  while (position < text.length) {
    if (pattern[at] === '*') {
      // Nothing for this star at first; a mismatch later gives it one character more.
      [star, afterStar] = [at, position];
      at += 1;
    } else if (pattern[at] === '?' || pattern[at] === text[position]) {
      at += 1;
      position += 1;
    } else if (star >= 0) {
      afterStar += 1;
      [at, position] = [star + 1, afterStar];
    } else {
      return false;
    }
  }
  return /^\**$/.test(pattern.slice(at));
}
