import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import { growthPicture } from '../scripts/pictures/growth.ts';
import { growthMisses, growthPanels, growthRuns } from './growth.ts';
import { operatorOf } from './header.ts';
import { commandOfTarget, type KeptRun, measuredText, missText, runsOf, summaryOf, type Target } from './target.ts';
import { targetTable, withTargets } from './target-page.ts';

/** What of the table is to be done. */
export interface TableOptions {
  /** Names of rows; none: all. */
  readonly rows: readonly string[];
  /** Only to say what is there. */
  readonly isList: boolean;
  /** No run begins that would probably end later. */
  readonly minutes: number;
  readonly operator: string | undefined;
  /** Commits of operators whose results count like those of this one. */
  readonly also: readonly string[];
  /** A small run of each to see that it works; nothing is kept. */
  readonly isTrial: boolean;
}

/** Where runs are kept, and the page with the table. */
export interface TableFiles {
  readonly runs: URL;
  readonly page: URL;
  /** How it grows with the number of Buckets. */
  readonly picture: URL;
}

/** Does one run. @returns its result; undefined: it failed */
export type Runner = (argv: readonly string[]) => Promise<KeptRun | undefined>;

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));

/** Reads the arguments of the table; undefined: they are about a single run. Ends the process with what is wrong. */
export function parseTableOptions(
  argv: readonly string[],
  targets: readonly Target[],
  command = new Command('npm run bench --'),
): TableOptions | undefined {
  if (!['--table', '--row', '--list'].some((flag) => argv.includes(flag))) return undefined;
  const known = targets.map(({ name }) => name);
  command
    .description(
      'Runs what rows of the table of targets are read from, as far as no result is kept, and writes the table.',
    )
    .option('--table', 'all rows')
    .option('--row <names...>', `these rows alone: ${known.join(', ')}`)
    .option('--list', 'no run: which rows have how many results of this operator')
    .option('--minutes <n>', 'no run begins that would probably end later', minutes, 150)
    .option('--operator <command>', 'the operator to measure; the page tells of those of this repository alone')
    .option('--also <commits...>', 'results of these operators count, too: what changed since makes no difference')
    .option('--quick', 'a small run for each row, to see that it works; nothing is kept')
    .parse([...argv], { from: 'user' });
  const { row = [], list, minutes: most, operator, also = [], quick } = command.opts<RawOptions>();
  const strange = row.filter((name) => !known.includes(name));
  if (strange.length > 0) command.error(`error: --row ${strange.join(' ')}: there are ${known.join(', ')}`);
  return { rows: row, isList: list === true, minutes: most, operator, also, isTrial: quick === true };
}

interface RawOptions {
  readonly row?: readonly string[];
  readonly list?: true;
  readonly minutes: number;
  readonly operator?: string;
  readonly also?: readonly string[];
  readonly quick?: true;
}

/**
 * Fills the rows, one run after another; each is kept, and the page renewed, as soon as it is over.
 * @returns how many rows stay as they are since a run failed
 */
export async function fillTable(
  options: TableOptions,
  targets: readonly Target[],
  files: TableFiles,
  run: Runner,
  say: (line: string) => void,
): Promise<number> {
  const rows = targets.filter(({ name }) => options.rows.length === 0 || options.rows.includes(name));
  const operators = [operatorOf(options.operator?.split(/\s+/) ?? []), ...options.also];
  if (options.isTrial) return tryRows(rows, options, run, say);
  const failed = options.isList ? 0 : await runMissing(rows, operators, options, { targets, files, run, say });
  const kept = keptRuns(files.runs);
  writeFiles(files, targets, kept);
  if (options.isList) for (const row of rows) say(listLine(row, kept, operators));
  else say([targetTable(rows, kept), ...growthMisses(growthPanels(growthRuns(kept)))].join('\n'));
  return failed;
}

interface Work {
  readonly targets: readonly Target[];
  readonly files: TableFiles;
  readonly run: Runner;
  readonly say: (line: string) => void;
}

async function runMissing(
  rows: readonly Target[],
  operators: readonly string[],
  options: TableOptions,
  { targets, files, run, say }: Work,
): Promise<number> {
  const startedMs = performance.now();
  let failed = 0;
  for (const row of rows) {
    for (let done = runsOf(row, keptRuns(files.runs), operators).length; done < row.runs; done += 1) {
      const spent = Math.floor((performance.now() - startedMs) / 60_000);
      if (spent + row.minutes > options.minutes) {
        say(`${row.name}: left for another time, it takes about ${row.minutes} minutes`);
        break;
      }
      say(`${row.name}: run ${done + 1} of ${row.runs}: ${commandOfTarget(row)}`);
      const result = await run(argvOf(row, options));
      if (result === undefined) {
        say(`${row.name}: the run failed, and is not kept`);
        failed += 1;
        break;
      }
      const kept = [...keptRuns(files.runs), { ...result, command: commandOfTarget(row) }];
      writeFileSync(files.runs, kept.map((each) => `${JSON.stringify(each)}\n`).join(''));
      writeFiles(files, targets, kept);
    }
  }
  return failed;
}

async function tryRows(
  rows: readonly Target[],
  options: TableOptions,
  run: Runner,
  say: (line: string) => void,
): Promise<number> {
  let failed = 0;
  for (const [command, own] of Map.groupBy(rows, commandOfTarget)) {
    const [first] = own;
    if (first === undefined) continue;
    const result = await run([...argvOf(first, options), '--quick']);
    if (result === undefined) {
      say(`${command}: the run failed`);
      failed += 1;
    } else for (const row of own) say(`${row.name}: ${textOf(row, [{ ...result, command }])}`);
  }
  return failed;
}

/** How many results there are of these operators, and what they come to. Pure. */
export function listLine(row: Target, kept: readonly KeptRun[], operators: readonly string[]): string {
  const runs = runsOf(row, kept, operators);
  const there = `${row.name}: ${runs.length} of ${row.runs} runs, each about ${row.minutes} min`;
  return runs.length === 0 ? there : `${there}; ${textOf(row, runs)}`;
}

function textOf(row: Target, runs: readonly KeptRun[]): string {
  return summaryOf(row, runs)
    .map((summary) => [measuredText(summary), missText(summary) ?? []].flat().join(' '))
    .join('; ');
}

function argvOf({ argv }: Target, { operator }: TableOptions): readonly string[] {
  return operator === undefined ? argv : [...argv, '--operator', operator];
}

/** The runs that are kept in a file, the oldest first. */
export function keptRuns(file: URL): readonly KeptRun[] {
  const text = readFileSync(file, { encoding: 'utf8', flag: 'a+' }); // made when it is not there
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as KeptRun); // written above
}

function writeFiles({ page, picture }: TableFiles, targets: readonly Target[], kept: readonly KeptRun[]): void {
  writeFileSync(page, withTargets(readFileSync(page, 'utf8'), targets, kept));
  const runs = growthRuns(kept);
  if (runs.length > 0) writeFileSync(picture, growthPicture(growthPanels(runs)));
}

/** Runs the benchmark as a process of its own: nothing of one run is left in the next. */
export async function runAsProcess(argv: readonly string[]): Promise<KeptRun | undefined> {
  const child = spawn(process.execPath, [MAIN, ...argv], { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = () => child.kill('SIGTERM');
  process.once('exit', kill);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString('utf8');
  });
  const code = await new Promise((resolve) => {
    child.once('close', resolve);
  });
  process.off('exit', kill);
  const lines = output.trimEnd().split('\n');
  if (code === 0) return JSON.parse(lines.at(-1) ?? '') as KeptRun; // the last line is the result
  console.error(lines.slice(0, -1).join('\n')); // the report says what must never be
  return undefined;
}

function minutes(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number above 0.');
}
