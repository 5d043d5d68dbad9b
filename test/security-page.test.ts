import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { KINDS } from '../src/api/kinds.ts';
import { ruleTree } from '../src/api/rule-tree.ts';

const page = new URL('../docs/security.md', import.meta.url);
const text = readFileSync(page, 'utf8');
const rows = text.split('\n').flatMap((line) => {
  const [, number, rest] = /^\| (S\d+) \| (.*) \|$/.exec(line) ?? [];
  return number === undefined || rest === undefined ? [] : [{ number, cells: rest.split(' | ') }];
});

test('security model: every threat has a number of its own, an answer and a test that is there', () => {
  assert.deepEqual(
    rows.map(({ number }) => number),
    rows.map((_row, index) => `S${index + 1}`),
  );
  assert.ok(rows.length >= 20);
  for (const { number, cells } of rows) {
    assert.equal(cells.length, 3, number);
    assert.match(cells[2] ?? '', /\.test\.ts\)/, `${number} names no test`);
  }
});

test('security model: what it links to is there', () => {
  const links = [...text.matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => path);
  assert.deepEqual(
    links.filter((path) => !existsSync(new URL(path, page))),
    [],
  );
});

test('security model: every rule to which stored objects are not held is named, with its reason, and no other is', () => {
  const trees = JSON.stringify(KINDS.map(({ schema }) => ruleTree(schema)));
  const reasons = [...trees.matchAll(/"storedIsLeft":"([^"]+)"/g)].map(([, reason = '']) => reason);
  const [, section = ''] = /## Which rules are admission's alone\n([^]*?)\n## /.exec(text) ?? [];
  const named = [...section.matchAll(/^\| .* \| (.*\.) \|$/gm)].map(([, reason = '']) => reason);
  assert.deepEqual(new Set(named), new Set(reasons));
  assert.equal(named.length, new Set(reasons).size);
});
