/**
 * A text of at most so many UTF-16 units, for what is stored and compared later: well-formed, and cut between two
 * characters. The API server stores half a character as U+FFFD, so that what was written would never be what is read.
 */
export function cutText(text: string, max: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= max) return whole;
  const head = whole.slice(0, max - 1);
  return `${head.isWellFormed() ? head : head.slice(0, -1)}…`;
}
