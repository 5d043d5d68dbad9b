import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { crdOf, documentedSchema } from './crd.ts';
import { KINDS } from './kinds.ts';
import { DOC_KEY, field, int, text } from './schema.ts';
import { type SchemaNode, structuralSchema } from './structural-schema.ts';
import { costOf, entriesOf } from './testing/cel-cost.ts';

/** The API server's limits on its estimate of one rule, and of all rules of a CRD. */
const RULE_BUDGET = 10_000_000;
const CRD_BUDGET = 100_000_000;

interface Placed {
  readonly path: string;
  readonly node: SchemaNode;
  readonly parent: SchemaNode | undefined;
  /** How many of these an object may hold. */
  readonly count: number;
}

function* walk(node: SchemaNode, path = '', parent?: SchemaNode, count = 1): Generator<Placed> {
  yield { path, node, parent, count };
  for (const [name, child] of Object.entries(node.properties ?? {})) yield* walk(child, `${path}.${name}`, node, count);
  if (node.items !== undefined) yield* walk(node.items, `${path}[]`, node, count * entriesOf(node));
  if (node.additionalProperties !== undefined) {
    yield* walk(node.additionalProperties, `${path}.*`, node, count * entriesOf(node));
  }
}

/** What is wrong with one node, by the rules for structural schemas and by our own. */
function faults({ path, node }: Placed): readonly string[] {
  const fault = (isWrong: boolean, what: string) => (isWrong ? [`${path}: ${what}`] : []);
  const isOurs = path.startsWith('.spec') || path.startsWith('.status');
  const key = node['x-kubernetes-list-map-keys']?.[0];
  const isText = node.type === 'string' && node.enum === undefined && node.format?.startsWith('date') !== true;
  return [
    ...fault(node.type === undefined && node['x-kubernetes-preserve-unknown-fields'] !== true, 'has no type'),
    ...fault(node.properties !== undefined && node.additionalProperties !== undefined, 'properties beside a map'),
    ...fault(node.type === 'array' && node.items === undefined, 'a list of nothing'),
    ...fault(isOurs && node.type === 'array' && node.maxItems === undefined, 'an unbounded list'),
    ...fault(node.additionalProperties !== undefined && node.maxProperties === undefined, 'an unbounded map'),
    ...fault(isOurs && isText && node.maxLength === undefined, 'an unbounded text'),
    ...fault(node.type === 'integer' && node.format === undefined, 'an integer without format'),
    ...fault(isOurs && node.description === undefined, 'has no description'),
    ...fault(key !== undefined && node.items?.required?.includes(key) !== true, `items do not require ${key}`),
    ...fault(key !== undefined && node.items?.properties?.[key]?.type !== 'string', `${key} is no text`),
    ...fault(
      (node.required ?? []).some((name) => node.properties?.[name] === undefined),
      'requires what it lacks',
    ),
    ...fault(node.default !== undefined && !fits(node), 'has a default that it refuses itself'),
  ];
}

function fits(node: SchemaNode): boolean {
  const { default: given, type } = node;
  if (type === undefined) return false;
  switch (type) {
    case 'boolean':
      return typeof given === 'boolean';
    case 'integer':
      return typeof given === 'number' && given >= (node.minimum ?? given) && given <= (node.maximum ?? given);
    case 'string':
      return (
        typeof given === 'string' &&
        given.length <= (node.maxLength ?? given.length) &&
        new RegExp(node.pattern ?? '').test(given) &&
        (node.enum?.includes(given) ?? true)
      );
    case 'object':
    case 'array':
      return false;
  }
}

/** What a user cannot learn about a field of spec. */
function undocumented({ path, node, parent }: Placed): readonly string[] {
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (!path.startsWith('.spec.') || path.endsWith('[]') || path.endsWith('.*')) return [];
  const doc = node[DOC_KEY];
  const isGiven = node.default !== undefined || parent?.required?.includes(name) === true;
  // A reference without a name was stored by the predecessor: a rule asks for it, `required` does not.
  const isNamedByRule = parent?.['x-kubernetes-validations']?.some(({ rule }) => rule === `has(self.${name})`) === true;
  return [
    ...(doc?.example === undefined ? [`${path}: no example`] : []),
    ...(doc?.change === undefined ? [`${path}: does not say whether it can change`] : []),
    ...(doc?.absent === undefined && !isGiven && !isNamedByRule ? [`${path}: does not say what absent means`] : []),
  ];
}

for (const definition of KINDS) {
  const { kind, plural, group } = definition.type;
  const nodes = [...walk(documentedSchema(definition))];

  test(`${kind}: the schema is structural, bounded and described`, () => {
    assert.deepEqual(nodes.flatMap(faults), []);
  });

  test(`${kind}: every field says what it is, whether it can change and what absent means`, () => {
    assert.deepEqual(nodes.flatMap(undocumented), []);
  });

  test(`${kind}: the rules stay within a tenth of the API server's budget`, () => {
    const costs = nodes.flatMap(({ path, node, count }) =>
      (node['x-kubernetes-validations'] ?? []).map((rule) => ({ path, rule, cost: costOf(rule, node) * count })),
    );
    for (const { path, rule, cost } of costs) assert.ok(cost <= RULE_BUDGET / 10, `${path}: ${rule.rule}: ${cost}`);
    const total = costs.reduce((sum, { cost }) => sum + cost, 0);
    assert.ok(total <= CRD_BUDGET / 10, `all rules together: ${total}`);
  });

  test(`${kind}: the CRD has our names, a status subresource and nothing of the documentation`, () => {
    const crd = crdOf(definition);
    assert.equal(crd.metadata.name, `${plural}.${group}`);
    assert.deepEqual(crd.spec.names.categories, ['wasabi']);
    assert.deepEqual(crd.spec.versions[0].subresources, { status: {} });
    assert.ok(!JSON.stringify(crd).includes(DOC_KEY));
    // `kubectl apply` keeps a copy in an annotation, which takes 256 KiB.
    assert.ok(JSON.stringify(crd).length < 200_000);
  });
}

test('the estimate of a rule grows with what it reads', () => {
  const short = structuralSchema(z.object({ a: text(10).meta(field({ what: 'a' })) }));
  const long = structuralSchema(z.object({ a: text(100_000).meta(field({ what: 'a' })) }));
  const rule = { rule: "self.a.matches('^[a-z]+$')", message: '' };
  assert.equal(costOf(rule, short), 3 + 0.1 * 40 * 0.25 * 8);
  assert.ok(costOf(rule, long) > 1_000 * costOf(rule, short));
  const open = structuralSchema(z.object({ a: z.array(z.string()) }));
  assert.ok(costOf({ rule: 'self.a.all(each, size(each) > 1)', message: '' }, open) > RULE_BUDGET);
});

test('what a CRD cannot say is refused by its path', () => {
  const refused: readonly (readonly [string, z.ZodType])[] = [
    ['anyOf', z.object({ a: z.union([z.string(), z.boolean()]) })],
    ['oneOf', z.object({ a: z.discriminatedUnion('b', [z.object({ b: z.literal('c') })]) })],
    ['readOnly', z.object({ a: z.string().readonly() })],
    ['uniqueItems', z.object({ a: z.array(z.string()).meta({ uniqueItems: true }) })],
    ['definitions', z.object({ a: z.string().meta({ id: 'shared' }), b: z.string() })],
  ];
  for (const [key, schema] of refused) {
    assert.throws(() => structuralSchema(schema), new RegExp(`cannot say "${key}"`), key);
  }
  assert.throws(() => structuralSchema(z.strictObject({ a: z.string() })), /additionalProperties/);
});

test('integers carry their format and only the bounds that were given', () => {
  const schema = z.object({ small: int(0, 9), large: int(0, Number.MAX_SAFE_INTEGER), open: z.int() });
  assert.deepEqual(structuralSchema(schema).properties, {
    small: { type: 'integer', format: 'int32', minimum: 0, maximum: 9 },
    large: { type: 'integer', format: 'int64', minimum: 0 },
    open: { type: 'integer', format: 'int64' },
  });
});
