import { quoted } from './document.ts';

/** Where a value stands and where what is wrong with it is noted: one message a problem, each beginning with the place. */
export interface Place {
  readonly path: string;
  readonly problems: string[];
}

/** One element of an object: its value, and its place with the name as the author spelled it. */
export interface Element {
  readonly value: unknown;
  readonly at: Place;
}

/** Notes a problem of the value at that place. */
export function problem(at: Place, text: string): undefined {
  at.problems.push(`${at.path} ${text}`);
  return undefined;
}

/** Whether it is a JSON object: no list, not null. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The elements of an object by their canonical names. Letter case does not matter (`Effect`, `effect`); `null` is
 * absent. Unknown elements and one element in two spellings are problems, since it is unclear which of them counts.
 */
export function elementsOf<Name extends string>(
  object: Readonly<Record<string, unknown>>,
  names: readonly Name[],
  at: Place,
): ReadonlyMap<Name, Element> {
  const found = new Map<Name, Element>();
  const byFolded = new Map(names.map((name) => [name.toLowerCase(), name]));
  for (const [key, value] of Object.entries(object)) {
    const name = byFolded.get(key.toLowerCase());
    if (name === undefined) {
      problem(at, `has the unknown element ${quoted(key)}; known are ${names.join(', ')}`);
    } else if (found.has(name)) {
      problem(at, `has the element ${name} twice, in two spellings; keep one`);
    } else if (value !== null && value !== undefined) {
      found.set(name, { value, at: { ...at, path: `${at.path}.${key}` } });
    }
  }
  return found;
}

/**
 * A text or a list of texts, as a list; numbers and booleans count as their text, since YAML makes them of bare words.
 * `what` is what one of them is called: `action`.
 */
export function stringsOf({ value, at }: Element, what: string): readonly string[] | undefined {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (list.length === 0) return problem(at, `is an empty list; name at least one ${what}`);
  const wrong = list.find((one) => typeof one === 'object' || one === undefined);
  if (wrong !== undefined) return problem(at, `holds ${quoted(wrong)} in the place of one ${what}; write a text`);
  return list.map(String);
}
