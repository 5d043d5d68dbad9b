import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { headerOf, operatorOf } from '../bench/header.ts';
import { MODES } from '../bench/modes.ts';
import { parseOptions } from '../bench/options.ts';
import { commandOfTarget, type KeptRun, type Target, target } from '../bench/target.ts';
import { targetTable, withTargets } from '../bench/target-page.ts';
import { fillTable, parseTableOptions, type Runner, type TableOptions } from '../bench/target-run.ts';
import { TARGETS } from '../bench/targets.ts';
import { cores, silent } from './support/bench-run.ts';

const PAGE = 'before\n<!-- targets: written by npm run bench -- --table -->\nold\n<!-- end of targets -->\nafter\n';
const ALL: TableOptions = { rows: [], isList: false, minutes: 100, operator: undefined, also: [], isTrial: false };

interface Found {
  readonly seconds: number;
}

function row(name: string, runs: number, argv: readonly string[]): Target {
  return target<Found>({
    name,
    figure: `the ${name}`,
    target: '≤ 2 s',
    law: 'constant',
    argv,
    runs,
    minutes: 10,
    read: ({ seconds }) => [{ value: seconds, unit: 's', digits: 1, most: 2 }],
  });
}

const ROWS = [
  row('start', 3, ['--stacks']),
  row('end', 1, ['--stacks', '--settings', '1']),
  row('rest', 1, ['--image']),
];

function found(seconds: number, operator = 'abc'): KeptRun {
  const header = { ...headerOf(parseOptions(['--stacks']), cores, []), operator, command: 'npm run bench -- --stacks' };
  return { ...header, ...({ seconds } satisfies Found) };
}

function filesFor(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-targets-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [runs, page, picture] = ['runs.jsonl', 'page.md', 'growth.svg'].map((name) =>
    pathToFileURL(join(folder, name)),
  );
  assert.ok(runs && page && picture);
  writeFileSync(page, PAGE);
  return { runs, page, picture };
}

/** Answers with these times, one after another, and notes what was asked for. */
function runner(...seconds: readonly (number | undefined)[]): { readonly run: Runner; readonly asked: string[] } {
  const asked: string[] = [];
  const run: Runner = (argv) => {
    const value = seconds[asked.length];
    asked.push(argv.join(' '));
    return Promise.resolve(value === undefined ? undefined : found(value, operatorOf([])));
  };
  return { run, asked };
}

for (const { name, argv, minutes } of TARGETS) {
  test(`target ${name}: its arguments are those of a mode`, () => {
    assert.ok(MODES.some((mode) => mode.name === parseOptions(argv).mode));
    assert.ok(minutes > 0);
  });
}

test('targets: no two rows have one name, and the longest table fits into the time that it may take', () => {
  assert.equal(new Set(TARGETS.map(({ name }) => name)).size, TARGETS.length);
  const runs = new Map(TARGETS.map((each) => [commandOfTarget(each), each.runs * each.minutes]));
  const minutes = [...runs.values()].reduce((sum, each) => sum + each, 0);
  assert.ok(minutes <= 150, `${minutes} minutes`);
});

test('table: the median of the runs, a miss by name, and what was not measured', () => {
  const kept = [found(1.5), found(9), found(2.5)];
  const table = targetTable(ROWS, kept);
  const [, , start, end] = table.split('\n');
  assert.equal(
    start,
    '| the start | ≤ 2 s | constant | 2.5 s (1.5 to 9.0 in 3 runs) | `npm run bench -- --stacks` | **missed**: 2.50 s is over 2.00 s |',
  );
  assert.equal(end, '| the end | ≤ 2 s | constant |  | `npm run bench -- --stacks --settings 1` | not measured yet |');
  assert.match(table, /0 of 3 figures are reached, 1 missed, 2 not measured yet/);
  assert.match(table, /of the operator abc with Node.js v/);
});

test('table: of several operators the last one counts, and of others than this repository none', () => {
  const table = withTargets(PAGE, ROWS, [found(9), found(1, 'def'), found(7, 'node other.ts')]);
  assert.match(table, /\| 1\.0 s \| `npm run bench -- --stacks` \| {2}\|/);
  assert.doesNotMatch(table, /other\.ts|old/);
  assert.match(table, /1 of 3 figures are reached/);
  assert.equal(withTargets(table, ROWS, [found(9), found(1, 'def')]), table);
  assert.throws(() => withTargets('nothing', ROWS, []), /has no lines/);
});

test('table: runs what is missing and no more, keeps each run, and goes on later', async (t) => {
  const files = filesFor(t);
  const first = runner(1, 2, undefined);
  await fillTable({ ...ALL, rows: ['start'] }, ROWS, files, first.run, silent);
  assert.deepEqual(first.asked, ['--stacks', '--stacks', '--stacks'], 'the third failed');
  assert.match(readFileSync(files.page, 'utf8'), /1\.0 s \(1\.0 to 2\.0 in 2 runs\)/);
  const second = runner(3, 4, 5);
  await fillTable(ALL, ROWS, files, second.run, silent);
  assert.deepEqual(second.asked, ['--stacks', '--stacks --settings 1', '--image']);
  const third = runner();
  await fillTable(ALL, ROWS, files, third.run, silent);
  assert.deepEqual(third.asked, []);
  assert.match(readFileSync(files.page, 'utf8'), /1 of 3 figures are reached, 2 missed, 0 not measured/);
});

test('table: results of operators that are named count, too', async (t) => {
  const files = filesFor(t);
  writeFileSync(files.runs, `${JSON.stringify(found(1, 'older'))}\n`);
  const { run, asked } = runner(1, 1, 1);
  await fillTable({ ...ALL, rows: ['start'], also: ['older'] }, ROWS, files, run, silent);
  assert.equal(asked.length, 2);
});

test('table: no run begins that would end too late, and a list or a trial keeps nothing', async (t) => {
  const files = filesFor(t);
  const none = runner(1);
  await fillTable({ ...ALL, minutes: 9 }, ROWS, files, none.run, silent);
  const told: string[] = [];
  await fillTable({ ...ALL, isList: true }, ROWS, files, none.run, (line) => told.push(line));
  assert.deepEqual(none.asked, []);
  assert.equal(told[0], 'start: 0 of 3 runs, each about 10 min');
  const trial = runner(1, 2, 3);
  await fillTable({ ...ALL, isTrial: true, rows: ['start'] }, ROWS, files, trial.run, (line) => told.push(line));
  assert.deepEqual(trial.asked, ['--stacks --quick']);
  assert.equal(told.at(-1), 'start: 1.0 s');
  assert.equal(readFileSync(files.runs, 'utf8'), '');
});

test('table: arguments', () => {
  const parse = (...argv: readonly string[]) => {
    const command = new Command().exitOverride().configureOutput({ writeErr: silent });
    return parseTableOptions(argv, ROWS, command);
  };
  assert.equal(parse('--stacks'), undefined);
  assert.deepEqual(parse('--table'), { ...ALL, minutes: 150 });
  assert.deepEqual(parse('--row', 'start', 'end', '--operator', 'x y')?.rows, ['start', 'end']);
  assert.throws(() => parse('--row', 'middle'), /--row middle: there are start, end, rest/);
});
