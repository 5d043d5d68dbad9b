import { isList, isObject, type Json } from '../json.ts';

/** From the values that one step of a path reaches to those that the next one does. */
type Step = (value: Json) => readonly Json[];

/** The values at a path, in order; none when a part is missing. */
export type JsonPath = (value: Json) => readonly Json[];

function field(key: string): Step {
  return (value) => {
    const found = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    return found === undefined ? [] : [found];
  };
}

const everything: Step = (value) => {
  if (isList(value)) return value;
  if (!isObject(value)) return [];
  return Object.keys(value).flatMap((key) => value[key] ?? []);
};

/** `[2]`, `[-1]`, `[1:3]`: a number below 0 counts from the end. */
function slice(from: string, colon: string, to: string): Step {
  return (value) => {
    if (!isList(value)) return [];
    const at = Number(from);
    if (colon === '') return value.slice(at, at === -1 ? undefined : at + 1);
    return value.slice(at, to === '' ? undefined : Number(to));
  };
}

const compare: Readonly<Record<string, (a: Json, b: Json) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => typeof a === typeof b && a !== null && b !== null && a < b,
  '<=': (a, b) => typeof a === typeof b && a !== null && b !== null && a <= b,
  '>': (a, b) => typeof a === typeof b && a !== null && b !== null && a > b,
  '>=': (a, b) => typeof a === typeof b && a !== null && b !== null && a >= b,
};

function literal(text: string): Json | undefined {
  const quoted = /^(?:"([^"]*)"|'([^']*)')$/.exec(text);
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? '';
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;
}

/** `@.a.b=="x"`, or `@.a` for that it is there. */
function filter(condition: string): Step | undefined {
  const match = /^@((?:\.[^=!<>\s]+)?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+))?$/.exec(condition.trim());
  const path = match === null ? undefined : parsePath(match[1] ?? '');
  if (match === null || path === undefined) return undefined;
  const [, , operator, text] = match;
  const holds = compare[operator ?? ''];
  const wanted = text === undefined ? undefined : literal(text.trim());
  if (operator !== undefined && (holds === undefined || wanted === undefined)) return undefined;
  return (value) => {
    if (!isList(value)) return [];
    return value.filter((item) => {
      const [found] = path(item);
      if (found === undefined) return false;
      return holds === undefined || wanted === undefined || holds(found, wanted);
    });
  };
}

const token =
  /^(?:\.\*|\.((?:\\.|[^.[\]\\])+)|\[\?\((.*?)\)\]|\['((?:\\.|[^'\\])*)'\]|\[(\*)\]|\[(-?\d*)(:?)(-?\d*)\])/;

function step(match: RegExpExecArray): Step | undefined {
  const [whole, name, condition, quoted, star, from = '', colon = '', to = ''] = match;
  if (whole === '.*' || star !== undefined) return everything;
  if (condition !== undefined) return filter(condition);
  const key = name ?? quoted;
  if (key !== undefined) return field(key.replace(/\\(.)/g, '$1'));
  return from === '' && colon === '' ? undefined : slice(from, colon, to);
}

/**
 * A path as Kubernetes has it in printer columns: `.a.b`, `['a']`, `[0]`, `[1:2]`, `[*]`, `[?(@.a=="b")]`; a point in
 * a key is written `\.`. undefined when it is none of that (`..` and unions are not known).
 */
export function parsePath(path: string): JsonPath | undefined {
  const steps: Step[] = [];
  let rest = path;
  while (rest !== '') {
    const match = token.exec(rest);
    const next = match === null ? undefined : step(match);
    if (match === null || next === undefined) return undefined;
    steps.push(next);
    rest = rest.slice(match[0].length);
  }
  return (value) => steps.reduce<readonly Json[]>((values, next) => values.flatMap(next), [value]);
}
