/** What a request says of itself: the values of a condition key (in lower case), `undefined` where it has none. */
export type Context = (key: string) => readonly string[] | undefined;

const MANY = Symbol('*');
const ONE = Symbol('?');
type Unit = string | typeof MANY | typeof ONE;

const VARIABLE = /\$\{([^{}]*)\}/gu;

/**
 * Whether a text fits a pattern: `*` is any text, `?` any one sign. With a context, `${key}` is the request's value of
 * that key, taken literally, and `${key, 'text'}` has a default; a key that the request does not have fits nothing.
 */
export function matchesPattern(pattern: string, text: string, variables?: Context): boolean {
  if (pattern === '*') return true;
  const literal = pattern.search(/[*?$]/u);
  if (literal === -1) return pattern === text;
  if (!text.startsWith(pattern.slice(0, literal))) return false; // most patterns are ruled out by how they begin
  const units = unitsOf(pattern, variables);
  return units !== undefined && matchesUnits(units, text);
}

/** A pattern with its variables filled in, as text without wildcards of its own; `undefined`: one has no value. */
export function substitute(pattern: string, variables: Context | undefined): string | undefined {
  if (variables === undefined || !pattern.includes('${')) return pattern;
  let isMissing = false;
  const text = pattern.replace(VARIABLE, (_whole, expression: string) => {
    const value = valueOf(expression, variables);
    isMissing ||= value === undefined;
    return value ?? '';
  });
  return isMissing ? undefined : text;
}

function unitsOf(pattern: string, variables: Context | undefined): readonly Unit[] | undefined {
  const units: Unit[] = [];
  let from = 0;
  const parts = variables === undefined ? [] : pattern.matchAll(VARIABLE);
  for (const part of parts) {
    units.push(...wildcards(pattern.slice(from, part.index)));
    const value = variables === undefined ? undefined : valueOf(part[1] ?? '', variables);
    if (value === undefined) return undefined;
    units.push(...Array.from(value));
    from = part.index + part[0].length;
  }
  units.push(...wildcards(pattern.slice(from)));
  return units;
}

function wildcards(text: string): readonly Unit[] {
  return Array.from(text, (sign): Unit => {
    if (sign === '*') return MANY;
    return sign === '?' ? ONE : sign;
  });
}

function valueOf(expression: string, variables: Context): string | undefined {
  if (['*', '?', '$'].includes(expression)) return expression;
  const [, key = '', fallback] = /^([^,]+?)\s*(?:,\s*'(.*)')?$/u.exec(expression.trim()) ?? [];
  const [value, ...more] = variables(keyOf(key)) ?? [];
  return value === undefined || more.length > 0 ? fallback : value;
}

/** A condition key in the one form in which it is looked up: keys have no case, but tags in them do. */
export function keyOf(key: string): string {
  return key.replace(/^[^/]*/u, (name) => name.toLowerCase());
}

/** Goes back to the last `*` alone, so that no pattern takes longer than its length times the text's. */
function matchesUnits(units: readonly Unit[], text: string): boolean {
  const signs = Array.from(text);
  let unit = 0;
  let sign = 0;
  let star = -1;
  let starSign = 0;
  while (sign < signs.length) {
    const expected = units[unit];
    if (expected === MANY) {
      star = unit;
      starSign = sign;
      unit += 1;
    } else if (expected !== undefined && (expected === ONE || expected === signs[sign])) {
      unit += 1;
      sign += 1;
    } else if (star >= 0) {
      unit = star + 1;
      starSign += 1;
      sign = starSign;
    } else {
      return false;
    }
  }
  return units.slice(unit).every((left) => left === MANY);
}
