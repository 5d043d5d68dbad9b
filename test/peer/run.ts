import { spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureVenv } from '../support/python-venv.ts';

/**
 * `npm run test:peer`: the operator against an S3 and IAM server that we did not write (moto, in a Python venv that is
 * kept outside the repository). Without Python, or without its packages, it says so and passes: npm alone must suffice for
 * the other suites.
 */
const here = fileURLToPath(new URL('.', import.meta.url));
const READY_MS = 30_000;

const venv = ensureVenv('peer', join(here, 'requirements.txt'));
if (venv.type === 'NoVenv') {
  console.log(`skipped: npm run test:peer, since ${venv.why}`);
  process.exit(0);
}
const { bin } = venv;
const port = await freePort();
const server = spawn(join(bin, 'moto_server'), ['--host', '127.0.0.1', '--port', String(port)], {
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
    const { status } = spawnSync(join(bin, 'python'), [
      '-c',
      `import urllib.request; urllib.request.urlopen("${url}", timeout=1)`,
    ]);
    if (status === 0) return;
    if (performance.now() > end) throw new Error(`moto did not answer within ${READY_MS / 1_000} s at ${url}`);
  }
}
