/** A text that a format has no way to hold. `what` names the value, never its text. */
export class NotExpressible extends Error {
  override readonly name = 'NotExpressible';
  readonly what: string;

  constructor(what: string, why: string) {
    super(why);
    this.what = what;
  }
}

/** Names and values, in the order in which they are written. */
export type Entries = Readonly<Record<string, string>>;

/**
 * One section of an INI file. Readers of the format agree on no quotes and no escapes, so that values stand as they are,
 * from the equals sign to the end of the line, without a blank before them: readers of AWS take ` #` for a comment.
 * @throws NotExpressible for what some reader would not give back
 */
export function iniText(section: string, entries: Entries): string {
  const lines = Object.entries(entries).map(([name, value]) => `${name}=${iniValue(name, value)}`);
  return `[${section}]\n${lines.join('\n')}\n`;
}

/** A scalar or a mapping of them. */
export type YamlValue = string | boolean | number | { readonly [key: string]: YamlValue };

/**
 * YAML in block style; every text is in double quotes, with JSON's escapes, which YAML 1.1 and 1.2 both read. Texts are
 * printable: some readers of YAML 1.1 take U+0085 and U+2028 for line breaks, which JSON leaves as they are.
 */
export function yamlText(mapping: { readonly [key: string]: YamlValue }, indent = ''): string {
  return Object.entries(mapping)
    .map(([key, value]) =>
      typeof value === 'object'
        ? `${indent}${key}:\n${yamlText(value, `${indent}  `)}`
        : `${indent}${key}: ${typeof value === 'string' ? JSON.stringify(value) : String(value)}\n`,
    )
    .join('');
}

/**
 * A file of variables that a shell, systemd (`EnvironmentFile=`) and readers of `.env` files take alike: bare values
 * where no reader sees more in them than text, else single quotes, within which none of them escapes anything.
 * @throws NotExpressible for a value with a single quote or a line break
 */
export function envText(entries: Entries): string {
  return Object.entries(entries)
    .map(([name, value]) => `${name}=${envValue(name, value)}\n`)
    .join('');
}

function iniValue(name: string, value: string): string {
  if (/\p{Cc}/u.test(value) || value.trim() !== value || value === '') {
    throw new NotExpressible(name, 'it is empty, or has white space around it or a line break in it');
  }
  // rclone's reader unquotes the first three, and replaces the last.
  if (/^["`']/.test(value) || value.includes('%(')) {
    throw new NotExpressible(name, 'it begins with a quote, or holds "%("');
  }
  return value;
}

function envValue(name: string, value: string): string {
  if (/^[\w./:@%+=,-]*$/.test(value)) return value;
  if (/['\p{Cc}]/u.test(value)) throw new NotExpressible(name, 'it holds a single quote or a line break');
  return `'${value}'`;
}
