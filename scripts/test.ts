import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type RunOptions, run } from 'node:test';
import { spec, type TestEvent } from 'node:test/reporters';
import { pathToFileURL } from 'node:url';

/**
 * `npm test`: every suite that needs npm only, with the coverage of lines. `-- FILE…` runs these files alone, `-- --all`
 * every case of the suites that else take a sample.
 */
const ROOT = join(import.meta.dirname, '..');
/** Below this share of covered lines `npm test` fails. */
const MIN_LINE_COVERAGE = 90;
/** Processes at once. Suites wait for servers and clocks for half of their time. */
const CONCURRENCY = Math.max(4, availableParallelism() * 2);
/** Where what was compiled is kept, for the next process and the next run. */
const COMPILED = join(ROOT, 'node_modules/.cache/compiled');
/** Of these, to measure the coverage: one in so many. */
const MEASURING = 4;
/** A process hangs that has not ended by then. Each test has a limit of its own. */
const PROCESS_LIMIT_MS = 1_800_000;

/**
 * The suites that the coverage is measured by, beside those in src. To count what runs costs half as much again, and all
 * others go the same ways in other orders.
 */
const MEASURED = ['test/{access-key,bucket-policy,kinds,settings,user}.test.ts'];
/** Of the others these begin, since they take longest: nobody waits for one of them in the end. */
const LONG = ['test/crash*.test.ts', 'test/access-key-*.test.ts', 'test/{call-errors,faults,process}.test.ts'];

/** What a run counts, as it tells in the end. */
const COUNT = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;

const isAll = process.argv.includes('--all');
const given = process.argv.slice(2).filter((argument) => argument !== '--all');
const testTimeout = `--test-timeout=${isAll ? 1_800_000 : 120_000}`;
/** Taken before a run that measures sets NODE_V8_COVERAGE in ours. */
const env: NodeJS.ProcessEnv = { ...process.env, ...(isAll ? { TEST_ALL: '1' } : {}) };

if (given.length > 0) runFiles();
else runAll();

/** Files given by name run alone, each in a process of its own, and without the threshold: they cannot cover all. */
function runFiles(): void {
  const options = ['--test', testTimeout, `--test-concurrency=${CONCURRENCY}`];
  const { status } = spawnSync(process.execPath, [...options, ...given], { cwd: ROOT, stdio: 'inherit', env });
  process.exitCode = status ?? 1;
}

/** Runs all in a few processes, since each compiles what it imports, and is slow until it is warm. */
function runAll(): void {
  const folder = mkdtempSync(join(tmpdir(), 'wasabi-s3-operator-test-')); // of this run alone: others may go on
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const measured = suitesAt([...MEASURED, 'src/**/*.test.ts']);
  const all = suitesAt([...LONG, 'test/*.test.ts', 'test/conformance/dev.test.ts']);
  const others = all.filter((suite) => !measured.includes(suite));
  const measuring = Math.round(CONCURRENCY / MEASURING);
  const streams = [
    run({
      ...optionsFor(folder, 'other', CONCURRENCY - measuring, others),
      env: { ...env, NODE_COMPILE_CACHE: COMPILED },
    }),
    run({
      ...optionsFor(folder, 'measured', measuring, measured),
      coverage: true,
      lineCoverage: MIN_LINE_COVERAGE,
      coverageIncludeGlobs: ['src/**/*.ts'],
      coverageExcludeGlobs: ['src/**/*.test.ts', 'src/**/testing/**'],
    }),
  ];
  Readable.from(inTurn(streams)).compose(new spec()).pipe(process.stdout);
}

/** In the order of the patterns, each once. */
function suitesAt(patterns: readonly string[]): readonly string[] {
  return [...new Set(patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT }).sort()))];
}

/** For that many processes which share the suites: each is a file that takes whatever nobody has taken yet. */
function optionsFor(folder: string, name: string, count: number, suites: readonly string[]): RunOptions {
  const group = pathToFileURL(join(import.meta.dirname, 'test-group.ts')).href;
  const claims = join(folder, `${name}-claims`);
  const text = `import { runSuites } from '${group}';\nawait runSuites(${JSON.stringify(suites)}, ${JSON.stringify(claims)});\n`;
  const files = Array.from({ length: count }, (_, index) => join(folder, `${name}-${index + 1}.mjs`));
  for (const file of files) writeFileSync(file, text);
  return { files, concurrency: count, cwd: ROOT, timeout: PROCESS_LIMIT_MS, execArgv: [testTimeout] };
}

/** The events of the one run and then of the other, which goes on meanwhile; what they count is told once, in the end. */
async function* inTurn(streams: readonly Readable[]): AsyncGenerator<TestEvent, void> {
  const counts = new Map<string, number>();
  let left = streams.length;
  for (const stream of streams) {
    for await (const event of stream as AsyncIterable<TestEvent>) {
      if (event.type === 'test:summary' && event.data.file === undefined && event.data.success) left -= 1;
      const [, name, count] = (event.type === 'test:diagnostic' && COUNT.exec(event.data.message)) || [];
      if (name === undefined) yield event;
      else counts.set(name, (counts.get(name) ?? 0) + Number(count));
    }
  }
  counts.set('duration_ms', performance.now());
  for (const [name, count] of counts) {
    yield { type: 'test:diagnostic', data: { nesting: 0, message: `${name} ${Math.round(count)}`, level: 'info' } };
  }
  if (left > 0) process.exitCode = 1;
}
