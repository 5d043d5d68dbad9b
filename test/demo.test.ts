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
