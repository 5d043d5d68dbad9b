import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { COMPILED, runLanes, suitesAt } from './test-lanes.ts';

/**
 * `npm test`: every suite that needs npm only, with the coverage of lines. `-- FILE…` runs these files alone, `-- --all`
 * every case of the suites that else take a sample.
 */
const ROOT = join(import.meta.dirname, '..');
/** Below this share of covered lines `npm test` fails. */
const MIN_LINE_COVERAGE = 90;
/** Processes at once. Suites wait for servers and clocks for half of their time. */
const CONCURRENCY = Math.max(4, availableParallelism() * 2);
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

const isAll = process.argv.includes('--all');
const given = process.argv.slice(2).filter((argument) => argument !== '--all');
const testTimeoutMs = isAll ? 1_800_000 : 120_000;
/** Taken before a run that measures sets NODE_V8_COVERAGE in ours. */
const env: NodeJS.ProcessEnv = { ...process.env, ...(isAll ? { TEST_ALL: '1' } : {}) };

if (given.length > 0) runFiles();
else process.exitCode = (await runAll()) ? 0 : 1;

/** Files given by name run alone, each in a process of its own, and without the threshold: they cannot cover all. */
function runFiles(): void {
  const options = ['--test', `--test-timeout=${testTimeoutMs}`, `--test-concurrency=${CONCURRENCY}`];
  const { status } = spawnSync(process.execPath, [...options, ...given], { cwd: ROOT, stdio: 'inherit', env });
  process.exitCode = status ?? 1;
}

function runAll(): Promise<boolean> {
  const measured = suitesAt([...MEASURED, 'src/**/*.test.ts']);
  const all = suitesAt([...LONG, 'test/*.test.ts', 'test/conformance/dev.test.ts']);
  const others = all.filter((suite) => !measured.includes(suite));
  const measuring = Math.round(CONCURRENCY / MEASURING);
  const limits = { testTimeoutMs, processTimeoutMs: PROCESS_LIMIT_MS };
  return runLanes([
    {
      ...limits,
      name: 'other',
      processes: CONCURRENCY - measuring,
      suites: others,
      options: { env: { ...env, NODE_COMPILE_CACHE: COMPILED } },
    },
    {
      ...limits,
      name: 'measured',
      processes: measuring,
      suites: measured,
      options: {
        coverage: true,
        lineCoverage: MIN_LINE_COVERAGE,
        coverageIncludeGlobs: ['src/**/*.ts'],
        coverageExcludeGlobs: ['src/**/*.test.ts', 'src/**/testing/**'],
      },
    },
  ]);
}
