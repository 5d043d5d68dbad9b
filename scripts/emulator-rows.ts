import { globSync, readFileSync } from 'node:fs';
import { QUIRK_ROWS, type QuirkRow } from '../src/emulator/quirks.ts';
import { PROBES } from '../test/live/probes.ts';

/** One row of docs/wasabi.md. */
export interface BehaviourRow {
  /** Such as `W6`. */
  readonly number: string;
  /** Its cells after the number; the last one of a row about the service names the switches. */
  readonly cells: readonly string[];
}

/** A test whose title begins with the numbers of rows. */
export interface RowTest {
  readonly rows: readonly string[];
  /** From the root of the project. */
  readonly file: string;
  /** Without the numbers; `…` stands for what differs from case to case. */
  readonly title: string;
}

const root = new URL('../', import.meta.url);

/** The rows of docs/wasabi.md, in their order there. */
export function behaviourRows(): readonly BehaviourRow[] {
  const page = readFileSync(new URL('docs/wasabi.md', root), 'utf8');
  return page.split('\n').flatMap((line): BehaviourRow[] => {
    const [, number, rest = ''] = /^\| (W\d+) \| (.*) \|$/u.exec(line) ?? [];
    return number === undefined ? [] : [{ number, cells: rest.split(' | ') }];
  });
}

/** Every test of the emulator, or through it, that says by its title which rows it shows. */
export function rowTests(): readonly RowTest[] {
  const files = globSync(['src/emulator/**/*.test.ts', 'test/*.test.ts'], { cwd: root.pathname }).sort();
  return files.flatMap((file) => testsIn(file, readFileSync(new URL(file, root), 'utf8')));
}

/** The tests in the text of a file whose titles begin with numbers of rows, in tables of cases, too. Pure. */
export function testsIn(file: string, source: string): readonly RowTest[] {
  const titles = source.matchAll(/(['"`])((?:W\d+ )+)((?:\\.|(?!\1).)*)\1/gsu);
  const cases = source.matchAll(/\brow: '(W\d+)',\s*title: (['"`])((?:\\.|(?!\2).)*)\2/gsu);
  const found = [
    ...[...titles].map(({ 2: numbers = '', 3: title = '', index }) => ({ numbers, title, index })),
    ...[...cases].map(({ 1: numbers = '', 3: title = '', index }) => ({ numbers, title, index })),
  ];
  return found
    .toSorted((a, b) => a.index - b.index)
    .map(({ numbers, title }) => ({
      rows: numbers.trim().split(' '),
      file,
      title: title.replaceAll(/\$\{[^}]*\}/gu, '…').replaceAll(/\\(.)/gu, '$1'),
    }));
}

/** The page that says for each row which switch governs it and which tests show it. */
export function emulatorRowsPage(): string {
  const tests = rowTests();
  return [
    '# Which test shows which row',
    '',
    "The rows are those of [Wasabi's behaviour](../wasabi.md). This page is made of the switches in `src/emulator/quirks.ts` and",
    'of the titles of the tests, which begin with the rows that they show; `…` is what differs from case to case.',
    'A row that nothing shows, and a title that names no row, fail in `test/wasabi-page.test.ts`.',
    '',
    '## Switches',
    '',
    'Each reading of each switch is told from the others by a question, which `npm test` puts to the emulator and',
    '[`npm run test:live`](../testing-live.md) to an account.',
    '',
    '| Row | Switch | Default | Others | Question |',
    '| --- | --- | --- | --- | --- |',
    ...QUIRK_ROWS.toSorted((a, b) => numberOf(a.row) - numberOf(b.row)).map(switchLine),
    '',
    '## Tests',
    '',
    '| Row | Where | What |',
    '| --- | --- | --- |',
    ...behaviourRows().flatMap(({ number }) => testLines(number, tests)),
    '',
  ].join('\n');
}

function switchLine({ name, row, values }: QuirkRow): string {
  const [first, ...others] = values.map((value) => `\`${String(value)}\``);
  const question = PROBES.find(({ quirk }) => quirk === name)?.question ?? '';
  return `| ${row} | \`${name}\` | ${first} | ${others.join(', ')} | ${question} |`;
}

function testLines(number: string, tests: readonly RowTest[]): readonly string[] {
  return tests
    .filter(({ rows }) => rows.includes(number))
    .map(({ file, title }) => `| ${number} | \`${file}\` | ${title.replaceAll('|', '\\|')} |`);
}

function numberOf(row: string): number {
  return Number(row.slice(1));
}
