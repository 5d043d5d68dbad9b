import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

const BEGINNING = `
  import { writeSync, readFileSync } from 'node:fs';
  import { until } from '${new URL('../../test/support/until.ts', import.meta.url).href}';
  import { FakeClock } from '${new URL('../../test/support/fake-clock.ts', import.meta.url).href}';
  import { createLogger } from '${new URL('logger.ts', import.meta.url).href}';
  const clock = new FakeClock();
  const log = createLogger({ level: 'info', format: 'json', clock });
  const isWritten = (text) => until(text, async () => readFileSync(process.argv[1], 'utf8').includes(text));
  const other = (text) => writeSync(1, JSON.stringify({ message: text }) + '\\n');`;

/** What a process with that script has written to its standard output: its messages, and its exit code. */
async function messagesOf(
  t: TestContext,
  script: string,
): Promise<readonly [code: unknown, messages: readonly string[]]> {
  const folder = mkdtempSync(join(tmpdir(), 'log-output-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'log');
  const file = openSync(path, 'a+');
  const args = ['--input-type=module-typescript', '--eval', BEGINNING + script, '--', path];
  const child = spawn(process.execPath, args, { stdio: ['ignore', file, 'ignore'] });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  closeSync(file);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return [code, lines.map((line) => (JSON.parse(line) as { message: string }).message)];
}

test('standard output: lines wait for others a moment, and then are all written', async (t) => {
  const script = `
    log.info({}, 'first');
    clock.advance(199);
    log.info({}, 'second');
    other('meanwhile');
    clock.advance(1);
    await isWritten('second');
    log.info({}, 'third');
    other('again');
    clock.advance(200);
    await isWritten('third');`;
  assert.deepEqual(await messagesOf(t, script), [0, ['meanwhile', 'first', 'second', 'again', 'third']]);
});

for (const [what, call] of [
  ['a warning', `log.warn({}, 'urgent')`],
  ['an error', `log.error({}, 'urgent')`],
  ['an audit line', `log.audit({})`],
] as const) {
  test(`standard output: ${what} waits for nobody, and what came before it goes first`, async (t) => {
    const message = call.includes('urgent') ? 'urgent' : 'audit';
    const script = `
      log.info({}, 'before');
      ${call};
      await isWritten('${message}');
      log.info({}, 'after');
      other('meanwhile');
      await log.flush();`;
    assert.deepEqual(await messagesOf(t, script), [0, ['before', message, 'meanwhile', 'after']]);
  });
}

test('standard output: the lines before a crash are written', async (t) => {
  const script = `
    log.info({}, 'before');
    throw new Error('a defect');`;
  assert.deepEqual(await messagesOf(t, script), [1, ['before']]);
});
