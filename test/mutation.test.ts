import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { GROUPS } from './mutation/groups.ts';
import { EXPLAINED, type Explained } from './mutation/survivors.ts';
import { type Mutant, verdictOf } from './mutation/verdict.ts';

/** The tables of `npm run test:mutation`, and how it judges. The run itself takes half an hour. */

const ROOT = join(import.meta.dirname, '..');

test('mutation: what the groups name is there, once', () => {
  const files = GROUPS.flatMap((group) => group.files);
  assert.deepEqual(files.toSorted(), [...new Set(files)].toSorted());
  const named = [...files, ...GROUPS.flatMap((group) => group.suites)];
  assert.deepEqual(
    named.filter((file) => !existsSync(join(ROOT, file))),
    [],
  );
});

test('mutation: what is explained is of a group, and its line still stands there', () => {
  const files = new Set(GROUPS.flatMap((group) => group.files));
  const stale = EXPLAINED.filter(({ file, line }) => {
    if (!files.has(file)) return true;
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n');
    return !lines.some((each) => each.trim() === line);
  });
  assert.deepEqual(stale, []);
});

function mutant(fate: Mutant['fate'], changes: Partial<Mutant> = {}): Mutant {
  const found = {
    file: 'a.ts',
    lineNumber: 1,
    line: 'if (a) {',
    mutator: 'ConditionalExpression',
    from: 'a',
    to: 'true',
  };
  return { ...found, fate, ...changes };
}

const entry: Explained = { file: 'a.ts', line: 'if (a) {', mutator: 'ConditionalExpression', to: 'true', reason: 'so' };

test('mutation: the score is of what is valid, told or explained', () => {
  const survivor = mutant('Survived', { line: 'b' });
  const unrun = mutant('NoTest', { line: 'c' });
  const all = [mutant('Told'), mutant('Survived'), survivor, unrun, mutant('Invalid', { line: 'd' })];
  const { score, told, explained, valid, survivors, unneeded } = verdictOf(all, [entry]);
  assert.deepEqual([score, told, explained, valid], [50, 1, 1, 4]);
  assert.deepEqual([survivors, unneeded], [[survivor, unrun], []]);
  assert.equal(verdictOf([], []).score, 100);
});

test('mutation: an explanation that no survivor needs is told', () => {
  const { score, unneeded } = verdictOf([mutant('Told')], [entry]);
  assert.deepEqual([score, unneeded], [100, [entry]]);
  const late = verdictOf([mutant('TimedOut')], [entry]);
  assert.deepEqual([late.score, late.unneeded], [100, []], 'a busy machine shows nothing');
  for (const change of [{ file: 'b.ts' }, { line: 'else {' }, { mutator: 'EqualityOperator' }, { to: 'false' }]) {
    const verdict = verdictOf([mutant('Survived', change)], [entry]);
    assert.deepEqual([verdict.score, verdict.unneeded], [0, [entry]]);
  }
  const { to: _to, ...any } = entry;
  assert.equal(verdictOf([mutant('Survived', { to: 'false' })], [any]).score, 100);
});
