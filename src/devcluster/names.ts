/*
 * The rules for names, labels and finalizers, with the messages of the real server.
 * Source: apimachinery, pkg/util/validation/validation.go. Each function answers what is wrong; nothing when valid.
 */

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const LABEL_VALUE = `(${QUALIFIED})?`;
const CONFIG_KEY = '[-._a-zA-Z0-9]+';
const labelPattern = new RegExp(`^${LABEL}$`);
const subdomainPattern = new RegExp(`^${SUBDOMAIN}$`);
const qualifiedPattern = new RegExp(`^${QUALIFIED}$`);
const labelValuePattern = new RegExp(`^${LABEL_VALUE}$`);
const configKeyPattern = new RegExp(`^${CONFIG_KEY}$`);
const dns1035Pattern = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

const SUBDOMAIN_MESSAGE =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const LABEL_MESSAGE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";

function tooLongText(max: number, unit = 'characters'): string {
  return `must be no more than ${max} ${unit}`;
}

function patternText(message: string, pattern: string, ...examples: readonly string[]): string {
  const list = examples.map((example) => `'${example}'`).join(',  or '); // two blanks, as the real server has them
  return `${message} (e.g. ${list}, regex used for validation is '${pattern}')`;
}

/** A DNS label: a namespace's name. */
export function labelProblems(value: string): string[] {
  const problems = value.length > 63 ? [tooLongText(63)] : [];
  if (labelPattern.test(value)) return problems;
  const text = subdomainPattern.test(value)
    ? 'must not contain dots'
    : patternText(LABEL_MESSAGE, LABEL, 'my-name', '123-abc');
  return [...problems, text];
}

/** A DNS-1035 label: a plural or singular name of a custom resource. */
export function dns1035Problems(value: string): string[] {
  const problems = value.length > 63 ? [tooLongText(63)] : [];
  if (dns1035Pattern.test(value)) return problems;
  const message =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...problems, patternText(message, '[a-z]([-a-z0-9]*[a-z0-9])?', 'my-name', 'abc-123')];
}

/** A DNS subdomain: the name of most objects. */
export function subdomainProblems(value: string): string[] {
  const problems = value.length > 253 ? [tooLongText(253)] : [];
  if (subdomainPattern.test(value)) return problems;
  return [...problems, patternText(SUBDOMAIN_MESSAGE, SUBDOMAIN, 'example.com')];
}

/** The same rule for `generateName`, which may end with a dash because more is appended. */
export function prefixProblems(value: string, problemsOf: (value: string) => string[]): string[] {
  return problemsOf(value.length > 1 && value.endsWith('-') ? `${value.slice(0, -2)}a` : value);
}

/** What may stand between two slashes of a path. */
export function pathSegmentProblems(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((part) => value.includes(part)).map((part) => `may not contain '${part}'`);
}

/** `[PREFIX/]NAME`: a label key, an annotation key, a finalizer. */
export function qualifiedNameProblems(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2) {
    const message =
      "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    const help = patternText(message, QUALIFIED, 'MyName', 'my.name', '123-abc');
    return [`${help} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const problems: string[] = [];
  const prefix = parts.length === 2 ? (parts[0] ?? '') : undefined;
  const name = parts.at(-1) ?? '';
  if (prefix === '') problems.push('prefix part must be non-empty');
  else if (prefix !== undefined)
    problems.push(
      ...subdomainProblems(prefix).map((text) => `prefix part ${text.replace('253 characters', '253 bytes')}`),
    );
  if (name === '') problems.push('name part must be non-empty');
  else if (name.length > 63) problems.push(`name part ${tooLongText(63, 'bytes')}`);
  if (!qualifiedPattern.test(name)) {
    const message =
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    problems.push(patternText(message, QUALIFIED, 'MyName', 'my.name', '123-abc'));
  }
  return problems;
}

/** A label's value; may be empty. */
export function labelValueProblems(value: string): string[] {
  const problems = value.length > 63 ? [tooLongText(63, 'bytes')] : [];
  if (labelValuePattern.test(value)) return problems;
  const message =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [...problems, patternText(message, LABEL_VALUE, 'MyValue', 'my_value', '12345')];
}

/** A key of a ConfigMap or a Secret. */
export function configKeyProblems(value: string): string[] {
  const problems = value.length > 253 ? [tooLongText(253)] : [];
  if (!configKeyPattern.test(value)) {
    const message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    problems.push(patternText(message, CONFIG_KEY, 'key.name', 'KEY_NAME', 'key-name'));
  }
  if (value === '.') problems.push("must not be '.'");
  else if (value === '..') problems.push("must not be '..'");
  else if (value.startsWith('..')) problems.push("must not start with '..'");
  return problems;
}
