import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { claimFolder } from './data-folder.ts';

function markIn(t: TestContext, pid: number): { readonly folder: string; readonly mark: string } {
  const folder = mkdtempSync(join(tmpdir(), 'claim-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const mark = join(folder, 'in-use.pid');
  writeFileSync(mark, String(pid));
  return { folder, mark };
}

test('a folder that a living process has is refused with its number', (t) => {
  const { folder } = markIn(t, process.ppid);
  const message = `${folder} is in use by process ${process.ppid}: stop it, or take another folder with --data`;
  assert.throws(() => claimFolder(folder), { message });
});

test('a folder of a container that was killed is taken, though the next process has the same number', (t) => {
  const { folder, mark } = markIn(t, process.pid);
  const release = claimFolder(folder);
  assert.ok(existsSync(mark));
  release();
  assert.ok(!existsSync(mark));
});
