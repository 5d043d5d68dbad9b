import { isObject, type Json } from './json.ts';

/**
 * The paths of object keys that stand more than once in a JSON text, as `data.a` or `list[0].a`, each once. The text
 * must be valid JSON; of doubled keys the last one counts, as with JSON.parse and the real server.
 */
export function duplicateKeys(text: string): readonly string[] {
  const found: string[] = [];
  const seen: (Set<string> | number)[] = [];
  const path: string[] = [];
  // Texts in JSON are matched whole, so that brackets within them do not count.
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;
  let last = '';
  for (const [token] of text.matchAll(tokens)) {
    const top = seen.at(-1);
    if (token === '{') seen.push(new Set());
    else if (token === '[') seen.push(0);
    else if (token === '}' || token === ']') {
      seen.pop();
      path.length = Math.max(0, seen.length - 1);
    } else if (token === ':' && top instanceof Set) enter(found, top, path, seen.length, last);
    else if (token === ',' && typeof top === 'number') seen[seen.length - 1] = top + 1;
    else if (token.startsWith('"')) last = token;
    const index = seen.at(-1);
    if (typeof index === 'number') path[seen.length - 1] = `[${index}]`;
  }
  return [...new Set(found)];
}

function enter(found: string[], keys: Set<string>, path: string[], depth: number, token: string): void {
  const value: Json = JSON.parse(token);
  const key = typeof value === 'string' ? value : '';
  path.length = depth - 1;
  path.push(`.${key}`);
  if (keys.has(key)) found.push(path.join('').replace(/^\./, ''));
  keys.add(key);
}

/** A body as an error message shows it: objects as they are, anything else in hex; never more than 30 bytes. */
export function summary(body: Buffer): string {
  if (body.length === 0) return '<empty>';
  const shown = body.subarray(0, 30);
  const text = body[0] === 0x7b ? shown.toString('utf8') : shown.toString('hex');
  return body.length > 30 ? `${text} ...` : text;
}

/** The words of Go's decoder for a text that JSON.parse refused with `error`. */
export function syntaxProblem(error: unknown): string {
  const message = error instanceof Error ? error.message : '';
  const token = /Unexpected token '(.)'/su.exec(message)?.[1];
  if (token !== undefined) return `invalid character '${token}' looking for beginning of value`;
  return /end of JSON|Unterminated|in JSON at position|Expected/.test(message)
    ? 'unexpected end of JSON input'
    : message;
}

/** What JSON calls the type of a value, in Go's words. */
export function goTypeOf(value: Json): string {
  if (Array.isArray(value)) return 'array';
  if (value === null) return 'null';
  if (isObject(value)) return 'object';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
