import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from './support/cluster.ts';

const entry = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url));
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
    await until('it has a child', () => Promise.resolve(childrenOf(pid).length > 0 && screen.includes(progress)));
    const [operator = 0] = childrenOf(pid);
    assert.match(readFileSync(`/proc/${operator}/cmdline`, 'utf8'), /operator-child/);
    demo.kill('SIGKILL');
    await until('its operator is gone', () => Promise.resolve(!isAlive(operator)), 10_000);
  }
});
