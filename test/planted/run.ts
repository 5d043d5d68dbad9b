import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { Command, InvalidArgumentError } from 'commander';
import { copyForDefect, type Defect, plant, readDefects, titlesOf } from './defect.ts';

/** `npm run test:planted`: puts the predecessor's defects back, one by one, and looks whether their tests fail. */

/** The tests of one defect have this long, milliseconds: some wait for a minute before they fail. */
const LIMIT_MS = 240_000;
/** So long a test may take of it, milliseconds: one that hangs has failed by then. */
const TEST_LIMIT_MS = 150_000;
/** A program that cannot begin tells nothing about a behaviour. */
const NO_START = /SyntaxError|ERR_MODULE_NOT_FOUND|does not provide an export/;

/** What the tests of a row came to. */
interface Answer {
  readonly passed: number;
  /** The title of the first that failed in what it asserts or waits for. */
  readonly failed: string | undefined;
  /** What kept tests from being run at all. */
  readonly broken: string | undefined;
}

type Verdict = 'caught' | 'MISSED' | 'CANNOT BE PLANTED';

const all = readDefects();
const command = new Command('npm run test:planted --')
  .description(
    'Puts defects of the predecessor (rows of docs/lessons.md) back into a copy of this checkout, one by one, and runs the tests of their row there: at least one must fail. First the same tests must pass in a copy without a defect. Fails when a defect is missed or cannot be planted.',
  )
  .argument('[rows...]', 'rows to try, such as L55 L9; none: all', knownRow)
  .option('--at-once <n>', 'defects that are tried at the same time, each in a copy of its own', atOnceOf, 2)
  .option('--list', 'no run: which defects there are')
  .parse();
const given = new Set(command.args);
const defects = all.filter(({ lesson }) => given.size === 0 || given.has(lesson));

const { atOnce, list } = command.opts<{ readonly atOnce: number; readonly list?: true }>();

if (list === true) {
  for (const { lesson, what, suites } of defects) console.log(`${lesson}: ${what} (${suites.join(', ')})`);
} else process.exitCode = await tryAll();

function knownRow(row: string, before: readonly string[] = []): readonly string[] {
  if (all.some(({ lesson }) => lesson === row)) return [...before, row];
  throw new InvalidArgumentError(`There are ${all.map(({ lesson }) => lesson).join(', ')}.`);
}

function atOnceOf(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}

/** @returns the exit code */
async function tryAll(): Promise<number> {
  const unsound = await unsoundSuites();
  const verdicts: Verdict[] = [];
  await inTurn(defects, async (defect) => {
    const startedMs = performance.now();
    const { verdict, why } = await tryDefect(defect, unsound);
    verdicts.push(verdict);
    const seconds = Math.round((performance.now() - startedMs) / 1_000);
    console.log(`${defect.lesson}: ${verdict} (${seconds} s): ${defect.what}; ${why}`);
  });
  const count = (verdict: Verdict) => verdicts.filter((one) => one === verdict).length;
  console.log(`${count('caught')} of ${defects.length} caught, ${count('MISSED')} missed`);
  return count('caught') === defects.length ? 0 : 1;
}

/** By the set of suites: why the tests of its rows say nothing, since they fail without a defect, too. */
async function unsoundSuites(): Promise<ReadonlyMap<string, string>> {
  const unsound = new Map<string, string>();
  const sets = [...Map.groupBy(defects, ({ suites }) => suites.join(' '))];
  await inTurn(sets, async ([set, own]) => {
    const rows = own.map(({ lesson }) => lesson);
    const { passed, failed, broken } = await inCopy((folder) => ask(folder, own[0]?.suites ?? [], rows));
    const why = broken ?? failed ?? (passed === 0 ? 'no test of the row passed' : undefined);
    if (why === undefined) console.log(`without a defect: ${passed} tests of ${rows.join(', ')} pass`);
    else unsound.set(set, `without a defect: ${why}`);
  });
  return unsound;
}

async function tryDefect(
  defect: Defect,
  unsound: ReadonlyMap<string, string>,
): Promise<{ readonly verdict: Verdict; readonly why: string }> {
  const { lesson, suites } = defect;
  const problem = unsound.get(suites.join(' '));
  if (problem !== undefined) return { verdict: 'CANNOT BE PLANTED', why: problem };
  try {
    const { passed, failed, broken } = await inCopy((folder) => {
      plant(defect, folder);
      return ask(folder, suites, [lesson]);
    });
    if (failed !== undefined) return { verdict: 'caught', why: `by "${failed}"` };
    if (broken !== undefined) return { verdict: 'CANNOT BE PLANTED', why: broken };
    return { verdict: 'MISSED', why: `${passed} tests pass` };
  } catch (thrown) {
    return { verdict: 'CANNOT BE PLANTED', why: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

async function inCopy<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = copyForDefect();
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the tests of these rows in that copy, until one fails. Who is still at it when the time is over has not failed. */
async function ask(folder: string, suites: readonly string[], rows: readonly string[]): Promise<Answer> {
  const titles = titlesOf(rows);
  const enough = new AbortController();
  const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(LIMIT_MS)]);
  const files = suites.map((suite) => join(folder, suite));
  let passed = 0;
  let failed: string | undefined;
  let broken: string | undefined;
  const execArgv = [`--test-timeout=${TEST_LIMIT_MS}`];
  const events = run({ files, cwd: folder, testNamePatterns: [titles], signal, concurrency: 1, execArgv });
  for await (const event of events) {
    if (event.type === 'test:pass' && titles.test(event.data.name)) passed += 1;
    if (event.type !== 'test:fail') continue;
    const { name, details } = event.data;
    const text = errorText(details.error);
    if (NO_START.test(text)) broken ??= `${name}: ${text}`;
    else if (titles.test(name) && !isCutOff(details.error)) failed ??= name;
    else if (!titles.test(name) && !signal.aborted) broken ??= `${name}: ${text}`;
    if (failed !== undefined) enough.abort();
  }
  if (passed === 0 && failed === undefined) broken ??= `nothing passed or failed within ${LIMIT_MS / 1_000} s`;
  return { passed, failed, broken: failed === undefined || NO_START.test(broken ?? '') ? broken : undefined };
}

/** The test was not over when the time was. */
function isCutOff(error: Error): boolean {
  const type = 'failureType' in error ? error.failureType : undefined;
  return type === 'cancelledByParent' || type === 'testAborted';
}

/** On one line, cut: an assertion shows whole objects. */
function errorText(error: Error): string {
  const { cause } = error;
  const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : typeof cause === 'string' ? cause : '';
  return `${error.message} ${why}`.replaceAll(/\s+/g, ' ').slice(0, 300);
}

async function inTurn<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
