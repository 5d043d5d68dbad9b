import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `npm run test:peer`: the operator against an S3 server that we did not write (moto, in a Python venv that is kept
 * outside the repository). Without Python, or without its packages, it says so and passes: npm alone must suffice for
 * the other suites.
 */
const here = fileURLToPath(new URL('.', import.meta.url));
const requirements = join(here, 'requirements.txt');
const READY_MS = 30_000;

const python = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0);
if (python === undefined) skip('there is no Python on this machine');
const venv = ensureVenv(python ?? '');
const port = await freePort();
const server = spawn(join(venv, 'bin/moto_server'), ['--host', '127.0.0.1', '--port', String(port)], {
  stdio: 'ignore',
});
const stop = () => server.kill('SIGKILL');
process.once('exit', stop);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await answered(`http://127.0.0.1:${port}/moto-api/`);
const tests = spawn(
  process.execPath,
  ['--test', '--test-timeout=120000', ...process.argv.slice(2), `${here}*.test.ts`],
  {
    stdio: 'inherit',
    env: { ...process.env, TEST_PEER_URL: `http://127.0.0.1:${port}` },
  },
);
process.exitCode = await new Promise<number>((resolve) => {
  tests.once('exit', (code) => resolve(code ?? 1));
});
stop();

/** One venv for each version of the requirements, made once a machine. */
function ensureVenv(program: string): string {
  const digest = createHash('sha256').update(readFileSync(requirements)).digest('hex').slice(0, 12);
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'wasabi-s3-operator', 'peer', digest);
  const mark = join(folder, 'bin/moto_server');
  if (existsSync(mark)) return folder;
  mkdirSync(folder, { recursive: true });
  console.log(`installing ${readFileSync(requirements, 'utf8').trim()} into ${folder}`);
  const made = spawnSync(program, ['-m', 'venv', folder], { stdio: 'inherit' });
  if (made.status !== 0) skip('python cannot make a venv');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  const installed = spawnSync(join(folder, 'bin/python'), pip, { stdio: 'inherit' });
  if (installed.status !== 0) skip('the packages cannot be installed');
  return folder;
}

function skip(why: string): never {
  console.log(`skipped: npm run test:peer, since ${why}`);
  process.exit(0);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const found = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(found));
    });
  });
}

/** Waits until the server answers at all. */
async function answered(url: string): Promise<void> {
  const end = performance.now() + READY_MS;
  for (;;) {
    const { status } = spawnSync(python ?? '', [
      '-c',
      `import urllib.request; urllib.request.urlopen("${url}", timeout=1)`,
    ]);
    if (status === 0) return;
    if (performance.now() > end) throw new Error(`moto did not answer within ${READY_MS / 1_000} s at ${url}`);
  }
}
