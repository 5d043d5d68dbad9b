import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../json.ts';
import { parsePath } from './json-path.ts';

const value: Json = {
  spec: { s: 'x', n: 7, nothing: null, list: ['a', 'b', 'c'], map: { k: 1, l: 2 } },
  metadata: { annotations: { 'a.b/c': 'dotted' } },
  conditions: [
    { type: 'Ready', status: 'True', at: 3 },
    { type: 'Synced', status: 'False', at: 5, inner: { ok: true } },
  ],
};

const found: readonly (readonly [path: string, values: readonly Json[]])[] = [
  ['.spec.s', ['x']],
  ['.spec.nothing', [null]],
  ['.spec.absent.deeper', []],
  ['.spec.list[1]', ['b']],
  ['.spec.list[-1]', ['c']],
  ['.spec.list[-2]', ['b']],
  ['.spec.list[9]', []],
  ['.spec.list[0:2]', ['a', 'b']],
  ['.spec.list[1:]', ['b', 'c']],
  ['.spec.list[:1]', ['a']],
  ['.spec.list[*]', ['a', 'b', 'c']],
  ['.spec.map.*', [1, 2]],
  ['.spec.s[*]', []],
  ['.spec.s[0]', []],
  [".spec['s']", ['x']],
  ['.metadata.annotations.a\\.b/c', ['dotted']],
  [".metadata.annotations['a\\.b/c']", ['dotted']],
  ['.conditions[?(@.type=="Ready")].status', ['True']],
  [".conditions[?(@.type=='Synced')].status", ['False']],
  ['.conditions[?(@.type!="Ready")].at', [5]],
  ['.conditions[?(@.at > 3)].type', ['Synced']],
  ['.conditions[?(@.at >= 3)].at', [3, 5]],
  ['.conditions[?(@.at < 5)].at', [3]],
  ['.conditions[?(@.at <= 3)].at', [3]],
  ['.conditions[?(@.inner)].type', ['Synced']],
  ['.conditions[?(@.inner.ok==true)].type', ['Synced']],
  ['.spec[?(@.x=="y")]', []],
];

for (const [path, values] of found)
  test(`json path: ${path}`, () => assert.deepEqual(parsePath(path)?.(value), values));

for (const path of ['spec', '..s', '.spec[', '.spec[?(x)]', '.spec[]', '.list[?(@.a=~"x")]'])
  test(`json path: ${path} is none`, () => assert.equal(parsePath(path), undefined));
