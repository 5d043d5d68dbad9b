import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Below this share of covered lines `npm test` fails. */
const MIN_LINE_COVERAGE = 90;

// Files given on the command line are run alone and without the threshold: they cannot cover everything.
const given = process.argv.slice(2);
const suites = given.length > 0 ? given : ['src/**/*.test.ts', 'test/*.test.ts', 'test/conformance/dev.test.ts'];
const coverage =
  given.length > 0
    ? []
    : [
        '--experimental-test-coverage',
        `--test-coverage-lines=${MIN_LINE_COVERAGE}`,
        '--test-coverage-include=src/**/*.ts',
        '--test-coverage-exclude=src/**/*.test.ts',
        '--test-coverage-exclude=src/**/testing/**',
      ];

// Node's own choice is one file less at a time than there are cores, which on two cores is one: suites that wait for
// servers leave half of the machine idle then.
const concurrency = Math.max(2, availableParallelism());
const options = ['--test', '--test-timeout=120000', `--test-concurrency=${concurrency}`];

const { status } = spawnSync(process.execPath, [...options, ...coverage, ...suites], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
