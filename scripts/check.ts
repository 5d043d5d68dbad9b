import { spawnSync } from 'node:child_process';

/** One gate of `npm run check`. All run even when one fails, so that one run shows everything. */
interface Gate {
  readonly name: string;
  readonly command: readonly string[];
}

const gates: readonly Gate[] = [
  { name: 'types', command: ['tsc', '--project', '.'] },
  { name: 'lint', command: ['oxlint', '--deny-warnings'] },
  { name: 'format', command: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'layers', command: [process.execPath, '--test', '--test-reporter=dot', 'test/layers.test.ts'] },
  { name: 'generated files are fresh', command: [process.execPath, 'scripts/generate.ts', '--check'] },
  { name: 'image', command: [process.execPath, 'scripts/image.ts', 'check'] },
  { name: 'no dead code', command: ['knip', '--no-progress'] },
];

const failed = gates.filter(({ name, command: [program = '', ...args] }) => {
  const startedMs = performance.now();
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  console.log(`${status === 0 ? '✔' : '✖'} ${name} (${seconds} s)`);
  if (status !== 0) console.log(`${stdout}${stderr}`.trim());
  return status !== 0;
});

if (failed.length > 0) {
  console.error(`${failed.length} of ${gates.length} gates failed: ${failed.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
}
