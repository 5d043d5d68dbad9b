import { spawnSync } from 'node:child_process';

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

const { status } = spawnSync(process.execPath, ['--test', '--test-timeout=120000', ...coverage, ...suites], {
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
