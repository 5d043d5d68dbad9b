import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frozenText } from '../scripts/release/frozen.ts';
import { crdOf } from '../src/api/crd.ts';
import { KINDS } from '../src/api/kinds.ts';
import type { SchemaNode } from '../src/api/structural-schema.ts';
import { VERSION } from '../src/config.ts';
import { frozenDefinitions, frozenVersions } from './support/frozen-definitions.ts';
import { narrowed, type StoredDefinition } from './support/narrowed.ts';

/** Today's definitions take what the definitions of every release took; `test/stored-objects.test.ts` tries it. */

const UNRELEASED =
  'docs/versioning.md says what may change and how; "npm run release -- freeze" renews what has no tag yet';

for (const version of frozenVersions()) {
  test(`definitions: what release ${version} stored is taken as it is`, () => {
    const found = frozenDefinitions(version).flatMap((frozen) => {
      const kind = KINDS.find(({ type }) => type.kind === frozen.spec.names.kind);
      return kind === undefined ? [`${frozen.metadata.name} vanished`] : narrowed(frozen, crdOf(kind));
    });
    assert.deepEqual(found, [], UNRELEASED);
  });
}

test('definitions: the version that is being worked on is among the frozen ones, with every kind', () => {
  assert.ok(frozenVersions().includes(VERSION), `npm run release -- freeze makes that of ${VERSION}`);
  assert.deepEqual(
    frozenDefinitions(VERSION).map(({ metadata }) => metadata.name),
    KINDS.map((kind) => crdOf(kind).metadata.name),
  );
  assert.doesNotMatch(frozenText(VERSION), /^ +description: \S/m);
});

const leaf: SchemaNode = { type: 'string' };
const spec = (node: SchemaNode, more: Omit<SchemaNode, 'properties'> = {}): SchemaNode => ({
  type: 'object',
  properties: { a: node },
  ...more,
});
const rules = (...texts: readonly string[]): Pick<SchemaNode, 'x-kubernetes-validations'> => ({
  'x-kubernetes-validations': texts.map((rule) => ({ rule, message: 'no' })),
});
const optional: Pick<SchemaNode, 'x-kubernetes-validations'> = {
  'x-kubernetes-validations': [{ rule: 'oldSelf.hasValue()', message: 'no', optionalOldSelf: true }],
};
const listMap = (key: string): SchemaNode => ({
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': [key],
  items: spec(leaf),
});

/** The spec before, the spec after, and what is said of it. */
const cases: readonly (readonly [what: string, before: SchemaNode, after: SchemaNode, found: readonly string[]])[] = [
  ['a field vanishes', spec(leaf), { type: 'object', properties: {} }, ['spec.a vanished']],
  ['a field gives way to any', spec(leaf), { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, []],
  ['a field of items vanishes', spec({ type: 'array', items: leaf }), spec({ type: 'array' }), ['spec.a[] vanished']],
  [
    'values of a map vanish',
    spec({ type: 'object', additionalProperties: leaf }),
    spec({ type: 'object' }),
    ['spec.a.* vanished'],
  ],
  ['a type changes', spec(leaf), spec({ type: 'integer' }), ['spec.a was string, is integer now']],
  ['null is gone', spec({ ...leaf, nullable: true }), spec(leaf), ['spec.a may not be null any more']],
  ['null comes', spec(leaf), spec({ ...leaf, nullable: true }), []],
  [
    'a value of an enum goes',
    spec({ ...leaf, enum: ['x', 'y'] }),
    spec({ ...leaf, enum: ['x'] }),
    ['spec.a does not take y any more'],
  ],
  ['a value of an enum comes', spec({ ...leaf, enum: ['x'] }), spec({ ...leaf, enum: ['x', 'y'] }), []],
  ['an enum comes', spec(leaf), spec({ ...leaf, enum: ['x'] }), ['spec.a took any value, takes only x now']],
  ['an enum goes', spec({ ...leaf, enum: ['x'] }), spec(leaf), []],
  ['a field must be there', spec(leaf), spec(leaf, { required: ['a'] }), ['spec requires a, which could be absent']],
  [
    'a field with a default must be there',
    spec({ ...leaf, default: 'x' }),
    spec({ ...leaf, default: 'x' }, { required: ['a'] }),
    [],
  ],
  [
    'a new field must be there',
    { type: 'object' },
    spec(leaf, { required: ['a'] }),
    ['spec requires a, which could be absent'],
  ],
  ['a new field', { type: 'object' }, spec(leaf), []],
  [
    'another default',
    spec({ ...leaf, default: 'x' }),
    spec({ ...leaf, default: 'y' }),
    ['spec.a has the default "y" where it had "x"'],
  ],
  ['a pattern comes', spec(leaf), spec({ ...leaf, pattern: 'x' }), ['spec.a has the pattern x where it had none']],
  ['a pattern goes', spec({ ...leaf, pattern: 'x' }), spec(leaf), []],
  [
    'a format changes',
    spec({ type: 'integer', format: 'int64' }),
    spec({ type: 'integer', format: 'int32' }),
    ['spec.a has the format int32 where it had int64'],
  ],
  [
    'less fits',
    spec({ ...leaf, maxLength: 9 }),
    spec({ ...leaf, maxLength: 8 }),
    ['spec.a has maxLength 8 where it had 9'],
  ],
  ['more fits', spec({ ...leaf, maxLength: 8 }), spec({ ...leaf, maxLength: 9 }), []],
  ['more is asked for', spec(leaf), spec({ ...leaf, minLength: 1 }), ['spec.a has minLength 1 where it had none']],
  ['less is asked for', spec({ ...leaf, minLength: 2 }), spec({ ...leaf, minLength: 1 }), []],
  [
    'a rule comes',
    spec(leaf),
    spec(leaf, rules('self.a != ""')),
    ['spec has a new rule that knows nothing of stored objects: self.a != ""'],
  ],
  ['a rule on changes comes', spec(leaf), spec(leaf, rules('self.a == oldSelf.a')), []],
  ['a rule that knows what is stored comes', spec(leaf), spec(leaf, optional), []],
  ['a rule goes', spec(leaf, rules('self.a != ""')), spec(leaf), []],
  ['a rule stays', spec(leaf, rules('true')), spec(leaf, rules('true')), []],
  [
    'a key of a list changes',
    spec(listMap('a')),
    spec(listMap('b')),
    ['spec.a has another x-kubernetes-list-map-keys'],
  ],
  [
    'unknown fields go',
    spec({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
    spec({ type: 'object' }),
    ['spec.a does not keep fields that it does not know any more'],
  ],
  [
    'something that nobody has judged',
    spec(leaf),
    spec({ ...leaf, not: { enum: ['x'] } } as SchemaNode),
    ['spec.a has not, not judged'],
  ],
];
for (const [what, before, after, found] of cases) {
  test(`definitions: ${what}: ${found.length === 0 ? 'taken' : 'told'}`, () => {
    const said = narrowed(definition(before), definition(after));
    assert.equal(said.length, found.length, said.join('; '));
    for (const [index, text] of found.entries()) assert.ok(said[index]?.includes(text), said.join('; '));
  });
}

test('definitions: a version, a scope, a kind, a short name or the status that goes is told', () => {
  const old = definition(spec(leaf));
  const change = (more: object): StoredDefinition => ({ ...old, spec: { ...old.spec, ...more } });
  const [version] = old.spec.versions;
  const { subresources: _status, ...bare } = version ?? assert.fail();
  const changes: readonly (readonly [StoredDefinition, string])[] = [
    [change({ versions: [] }), 'things.example.com v1: is not served any more'],
    [change({ versions: [{ ...version, served: false }] }), 'things.example.com v1: is not served any more'],
    [change({ versions: [bare] }), 'things.example.com v1: the subresource status vanished'],
    [change({ scope: 'Cluster' }), 'things.example.com: the scope is Cluster now'],
    [change({ names: { kind: 'Thing' } }), 'things.example.com: the short name th vanished'],
    [change({ names: { kind: 'Other', shortNames: ['th'] } }), 'things.example.com: the kind is Other now'],
  ];
  for (const [changed, said] of changes) assert.deepEqual(narrowed(old, changed), [said]);
});

function definition(node: SchemaNode): StoredDefinition {
  const openAPIV3Schema: SchemaNode = { type: 'object', properties: { spec: node } };
  const version = { name: 'v1', served: true, schema: { openAPIV3Schema }, subresources: { status: {} } };
  const names = { kind: 'Thing', shortNames: ['th'] };
  return { metadata: { name: 'things.example.com' }, spec: { scope: 'Namespaced', names, versions: [version] } };
}
