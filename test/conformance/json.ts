/** The text read as JSON; `undefined` when it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The value at a path such as `metadata.labels` or `items.0.kind`, or `undefined` where it leads nowhere.
 * A key that holds a dot is given in a list: `['metadata', 'labels', 'example.com/a']`.
 */
export function at(value: unknown, path: string | readonly string[]): unknown {
  const keys = typeof path === 'string' ? path.split('.') : path;
  return keys.reduce<unknown>(
    (parent, key) => (typeof parent === 'object' && parent !== null ? Reflect.get(parent, key) : undefined),
    value,
  );
}

/** The text at a path. @throws Error when there is something else. */
export function textAt(value: unknown, path: string | readonly string[]): string {
  const found = at(value, path);
  if (typeof found !== 'string') throw new Error(`no text at ${String(path)} of ${JSON.stringify(value)}`);
  return found;
}

/** The list at a path; empty where there is none. @throws Error when there is something else. */
export function listAt(value: unknown, path: string | readonly string[]): readonly unknown[] {
  const found = at(value, path) ?? [];
  if (!Array.isArray(found)) throw new Error(`no list at ${String(path)} of ${JSON.stringify(value)}`);
  return found;
}

/** The names of the objects in a list answer, in its order. */
export function namesIn(list: unknown): readonly string[] {
  return listAt(list, 'items').map((item) => textAt(item, 'metadata.name'));
}
