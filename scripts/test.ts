import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * `npm test`: every suite that needs npm only, with the coverage of lines. `-- FILE…` runs these files alone, `-- --all`
 * every case of the suites that else take a sample.
 */
const ROOT = join(import.meta.dirname, '..');
/** Below this share of covered lines `npm test` fails. */
const MIN_LINE_COVERAGE = 90;
/** Processes that share the suites. Each compiles what it imports, and runs slowly until it is warm: few are faster. */
const GROUPS = 6;
/** Suites wait for servers and clocks for half of their time. */
const CONCURRENCY = availableParallelism() * 2;

const isAll = process.argv.includes('--all');
const given = process.argv.slice(2).filter((argument) => argument !== '--all');

const timeoutMs = isAll ? 1_800_000 : 120_000;
const options = ['--test', `--test-timeout=${timeoutMs}`, `--test-concurrency=${CONCURRENCY}`];
// Files given by name are run alone, each in a process of its own, and without the threshold: they cannot cover all.
const { status } = spawnSync(
  process.execPath,
  given.length > 0 ? [...options, ...given] : [...options, ...coverageOptions(), ...groupFiles()],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...(isAll ? { TEST_ALL: '1' } : {}) } },
);
process.exitCode = status ?? 1;

function coverageOptions(): readonly string[] {
  return [
    '--experimental-test-coverage',
    `--test-coverage-lines=${MIN_LINE_COVERAGE}`,
    '--test-coverage-include=src/**/*.ts',
    '--test-coverage-exclude=src/**/*.test.ts',
    '--test-coverage-exclude=src/**/testing/**',
  ];
}

/** Writes a file for each group that imports its suites, dealt out in turn. @returns their paths */
function groupFiles(): readonly string[] {
  const patterns = ['test/*.test.ts', 'test/conformance/dev.test.ts', 'src/**/*.test.ts'];
  const suites = patterns.flatMap((pattern) => globSync(pattern, { cwd: ROOT }).sort());
  const folder = join(ROOT, 'node_modules/.cache/test-groups');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: GROUPS }, (_, group) => {
    const members = suites.filter((_suite, index) => index % GROUPS === group);
    const path = join(folder, `group-${group + 1}.mjs`);
    writeFileSync(path, members.map((suite) => `await import('${pathToFileURL(join(ROOT, suite)).href}');\n`).join(''));
    return path;
  });
}
