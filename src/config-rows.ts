import { listOf, oneOf, wholeNumber } from './config-values.ts';

/** The kinds of settings that the table is made of. */

/** Values that are longer together stand in the text of the help alone. */
const MAX_PLACEHOLDER = 40;
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** One setting: where it comes from, how it is read, and what people are told of it. */
export interface ConfigRow<N extends string = string> {
  readonly name: N;
  readonly flag: string;
  /** The environment variable; absent where a variable of that name has a meaning of its own. */
  readonly variable: string | undefined;
  readonly placeholder: string;
  /** May stand without a value, which means true. */
  readonly isSwitch: boolean;
  /** The default, and how it is shown. */
  readonly fallback: unknown;
  readonly shown: string;
  /** A variable that cannot be used is told of and left out, where it is no flag. */
  readonly isLenient?: boolean;
  /** What is allowed, in words. */
  readonly values: string;
  readonly help: string;
  /** The value, or what is wrong with the text. */
  parse(text: string): unknown;
}

/** A whole number of a range. */
export function number<N extends string>(
  name: N,
  flag: string,
  fallback: number,
  range: { readonly min: number; readonly max: number },
  help: string,
): ConfigRow<N> {
  return {
    name,
    flag,
    variable: variableOf(flag),
    placeholder: 'number',
    isSwitch: false,
    fallback,
    shown: String(fallback),
    values: `${range.min} to ${range.max}`,
    help,
    parse: (text) => wholeNumber(text, range.min, range.max),
  };
}

/** One of these values. */
export function choice<N extends string>(
  name: N,
  flag: string,
  fallback: string,
  values: readonly string[],
  help: string,
): ConfigRow<N> {
  const shown = values.join('|');
  return {
    ...textRow(name, flag, shown.length > MAX_PLACEHOLDER ? 'name' : shown, help),
    fallback,
    shown: fallback,
    values: values.join(', '),
    parse: (text) => oneOf(text, values),
  };
}

/** On or off; without a value it is on. */
export function toggle<N extends string>(name: N, flag: string, fallback: boolean, help: string): ConfigRow<N> {
  return {
    ...textRow(name, flag, 'true|false', help),
    isSwitch: true,
    fallback,
    shown: String(fallback),
    values: 'true, false',
    parse: (text) => {
      const value = oneOf(text.toLowerCase(), ['true', 'false']);
      return value instanceof Error ? value : value === 'true';
    },
  };
}

/** What is wrong with the name of a namespace; undefined: nothing. */
export function namespaceProblem(name: string): string | undefined {
  return DNS_LABEL.test(name) ? undefined : `"${name}" is no namespace name`;
}

/** Names of namespaces, separated by commas. */
export function namespacesRow<N extends string>(name: N, flag: string, shown: string, help: string): ConfigRow<N> {
  const parse = (text: string) => listOf(text, namespaceProblem);
  return { ...textRow(name, flag, 'names', help), fallback: [], shown, values: 'names, separated by commas', parse };
}

/** Any text. */
export function textRow<N extends string>(name: N, flag: string, placeholder: string, help: string): ConfigRow<N> {
  return {
    name,
    flag,
    variable: variableOf(flag),
    placeholder,
    isSwitch: false,
    fallback: undefined,
    shown: 'none',
    values: 'a text',
    help,
    parse: (text) => text,
  };
}

function variableOf(flag: string): string {
  return flag.toUpperCase().replaceAll('-', '_');
}
