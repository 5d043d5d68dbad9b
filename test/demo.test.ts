import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from './support/cluster.ts';

const entry = fileURLToPath(new URL('../src/cli/main.mjs', import.meta.url));
const skip = existsSync('/proc/self/task') ? false : 'there is no /proc to look for children in';

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** A child is a copy of its parent for a moment, before it becomes what it was started as. */
function isOperator(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('operator-child');
  } catch {
    return false;
  }
}

test('demo: its operator does not outlive it, however it ends', { skip }, async (t) => {
  for (const progress of ['', 'Provider wasabi is Ready']) {
    const demo = spawn(process.execPath, [entry, 'demo'], { stdio: ['ignore', 'pipe', 'ignore'] });
    t.after(() => demo.kill('SIGKILL'));
    let screen = '';
    demo.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString('utf8');
    });
    const { pid = 0 } = demo;
    // Once right after its start, while it still loads, and once at work.
    let operator = 0;
    await until('it has a child', () => {
      operator = childrenOf(pid).find(isOperator) ?? 0;
      return Promise.resolve(operator !== 0 && screen.includes(progress));
    });
    demo.kill('SIGKILL');
    await until('its operator is gone', () => Promise.resolve(!isAlive(operator)));
  }
});

test('demo: it rotates a key that was tried, both work then, and it ends within 30 s with nothing left', async (t) => {
  const demo = spawn(process.execPath, [entry, 'demo'], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => demo.kill('SIGKILL'));
  let screen = '';
  for (const stream of [demo.stdout, demo.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      screen += chunk.toString('utf8');
    });
  }
  const [code] = await once(demo, 'close');
  assert.equal(code, 0, screen);
  const title = screen.indexOf('Replace the key');
  assert.ok(title > screen.indexOf('Bucket app-logs is Ready'), screen);
  const rotation = screen.slice(title, screen.indexOf('Somebody changes the bucket outside'));
  assert.match(rotation, /CreateAccessKey → (?:GetCallerIdentity \(InvalidAccessKeyId\) → )+GetCallerIdentity\n/);
  assert.match(rotation, /✔ At this moment both keys work: each puts an object/);
  const [, old, fresh, until = ''] = /(\w{20}) → (\w{20}); .* until (\S+)/.exec(rotation) ?? [];
  assert.ok(old !== undefined && fresh !== undefined && old !== fresh, rotation);
  assert.ok(Date.parse(until) > Date.now(), rotation);
  const [, seconds = ''] = /everything that was made is gone again\. \((\S+) s\)/.exec(screen) ?? [];
  assert.ok(Number(seconds) < 30, screen);
});
