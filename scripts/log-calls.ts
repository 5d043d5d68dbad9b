import { globSync, readFileSync } from 'node:fs';

/** Lines of the log as the source writes them. */
export interface LogCall {
  readonly message: string;
  /** Where it is decided as the process runs, all that it can be. */
  readonly levels: readonly string[];
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
/** What a level that is no constant may be: failures of ours alone are errors. */
const DECIDED_LATER = ['debug', 'info', 'warn'];
const CALL = /log(?:\.(debug|info|warn|error|audit)|\[([^\]]+)\])\(/gi;
const PARTS_OF_THE_OPERATOR = /^src\/(?!emulator\/|devcluster\/|cli\/|telemetry\/logger\.ts)/;

/** Every message that the operator can log, by its text, with the levels at which the source logs it. */
export function logCalls(): readonly LogCall[] {
  const levelsOf = new Map<string, Set<string>>();
  const files = globSync('src/**/*.ts').filter(
    (file) => PARTS_OF_THE_OPERATOR.test(file) && !file.endsWith('.test.ts'),
  );
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    for (const match of text.matchAll(CALL)) {
      const [whole, level, decision = ''] = match;
      const message = level === 'audit' ? 'audit' : lastText(argumentsAt(text, match.index + whole.length));
      if (message === undefined) throw new Error(`${file}: a line of the log whose message stands elsewhere`);
      const levels = level === undefined ? decided(decision) : [level === 'audit' ? 'info' : level];
      levelsOf.set(message, new Set([...(levelsOf.get(message) ?? []), ...levels]));
    }
  }
  return [...levelsOf]
    .map(([message, levels]) => ({ message, levels: LEVELS.filter((level) => levels.has(level)) }))
    .toSorted((a, b) => (a.message < b.message ? -1 : 1));
}

/** The levels between which a piece of code decides: those that it names, else all that it may. */
function decided(code: string): readonly string[] {
  const named = LEVELS.filter((level) => code.includes(`'${level}'`));
  return named.length === 0 ? DECIDED_LATER : named;
}

/** What stands between the bracket before that place and the one that closes it. */
function argumentsAt(text: string, start: number): string {
  let depth = 1;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (depth === 0) return text.slice(start, at);
  }
  return text.slice(start);
}

function lastText(code: string): string | undefined {
  return /'([^']*)',?\s*$/.exec(code)?.[1];
}
