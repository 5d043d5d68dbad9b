/**
 * Whether an object in a JSON text has two members of one name, of which the parser keeps the last without a word.
 * `value` is what the parser made of the text, so the text is known to be JSON.
 */
export function hasRepeatedMembers(text: string, value: unknown): boolean {
  return membersWritten(text) !== membersKept(value);
}

/** In JSON a colon outside of a string stands behind a member's name and nowhere else. */
function membersWritten(text: string): number {
  return text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"/g, '').split(':').length - 1;
}

/** Without recursion: the text decides how deep it is. */
function membersKept(value: unknown): number {
  const open: unknown[] = [value];
  let members = 0;
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (!Array.isArray(next)) members += Object.keys(next).length;
    for (const child of Object.values(next)) open.push(child);
  }
  return members;
}
