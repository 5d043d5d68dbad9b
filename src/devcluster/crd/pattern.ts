/**
 * A regular expression in Go's syntax (RE2) as one of ours. Flags at the beginning, `\z`, `\A`, `\Q…\E` and POSIX
 * classes are translated; undefined when it cannot be.
 */
export function compilePattern(source: string): RegExp | undefined {
  const leading = /^\(\?([ims]+)\)/.exec(source);
  const body = translate(leading === null ? source : source.slice(leading[0].length));
  const flags = leading?.[1] ?? '';
  for (const unicode of ['u', '']) {
    try {
      return new RegExp(body, unicode + flags);
    } catch {
      // Go allows escapes that the strict (u) syntax does not: the second turn is without it.
    }
  }
  return undefined;
}

const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  digit: '0-9',
  lower: 'a-z',
  upper: 'A-Z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

function translate(source: string): string {
  return source
    .replace(/\\Q([\s\S]*?)(?:\\E|$)/g, (_match, text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'))
    .replace(/\\A/g, '^')
    .replace(/\\z/g, '$')
    .replace(/\\([pP])([A-Z])/g, '\\$1{$2}')
    .replace(/\(\?P</g, '(?<')
    .replace(/\[:(\w+):\]/g, (match, name: string) => posixClasses[name] ?? match);
}
