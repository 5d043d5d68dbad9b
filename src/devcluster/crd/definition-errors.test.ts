import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../json.ts';
import type { ApiObject } from '../object.ts';
import { definitionErrors, definitionNameErrors } from './definition-errors.ts';

const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' };
const ROOT = 'spec.validation.openAPIV3Schema';
const SPEC = `${ROOT}.properties[spec]`;

function definition(spec: JsonObject, storedVersions: readonly string[] = ['v1']): ApiObject {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com', uid: '', resourceVersion: '', creationTimestamp: '' },
    spec: { group: 'example.com', scope: 'Namespaced', names, conversion: { strategy: 'None' }, ...spec },
    status: { storedVersions },
  };
}

function version(openAPIV3Schema: JsonObject, more: JsonObject = {}): JsonObject {
  return { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema }, ...more };
}

function textsOf(object: ApiObject): readonly string[] {
  return definitionErrors(object).map(({ field, body }) => `${field}: ${body}`);
}

function ofRoot(schema: JsonObject): readonly string[] {
  return textsOf(definition({ versions: [version(schema)] }));
}

function ofSpec(spec: JsonObject): readonly string[] {
  return ofRoot({ type: 'object', properties: { spec } });
}

test('definition: a plain one is right', () => {
  assert.deepEqual(ofSpec({ type: 'object', properties: { a: { type: 'string', default: 'x' } } }), []);
  assert.deepEqual(definitionNameErrors(definition({ versions: [] })), []);
  const other = definitionNameErrors(definition({ group: 'example.org' }));
  assert.deepEqual(
    other.map(({ body }) => body),
    ['Invalid value: "widgets.example.com": must be spec.names.plural+"."+spec.group'],
  );
});

const object = { type: 'object' };
const plain = version(object);

const wholes: readonly (readonly [spec: JsonObject, error: string])[] = [
  [{ group: '' }, 'spec.group: Required value'],
  [{ group: 'local' }, 'spec.group: Invalid value: "local": should be a domain with at least one dot'],
  [{ group: 'A.b' }, 'spec.group: Invalid value: "A.b": a lowercase RFC 1123 subdomain'],
  [{ scope: '' }, 'spec.scope: Required value'],
  [{ scope: 'World' }, 'spec.scope: Unsupported value: "World": supported values: "Cluster", "Namespaced"'],
  [{ names: { ...names, plural: '' } }, 'spec.names.plural: Required value'],
  [{ names: { ...names, singular: 'Widget' } }, 'spec.names.singular: Invalid value: "Widget": a DNS-1035 label'],
  [{ names: { ...names, kind: 'a b' } }, 'spec.names.kind: Invalid value: "a b": may have mixed case'],
  [
    { names: { ...names, listKind: 'Widget' } },
    'spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same',
  ],
  [{ names: { ...names, shortNames: ['W'] } }, 'spec.names.shortNames[0]: Invalid value: "W"'],
  [{ conversion: {} }, 'spec.conversion.strategy: Required value'],
  [{ conversion: { strategy: 'Webhook' } }, 'spec.conversion.strategy: Unsupported value: "Webhook"'],
  [{ preserveUnknownFields: true }, 'spec.preserveUnknownFields: Invalid value: true: cannot set to true'],
  [{ versions: [] }, 'spec.versions: Invalid value: []: must have exactly one version marked as storage version'],
  [{ versions: [plain, plain] }, 'spec.versions: Invalid value'],
  [{ versions: [{ ...plain, name: 'V1' }] }, 'spec.versions[0].name: Invalid value: "V1": a DNS-1035 label'],
  [{ versions: [{ ...plain, schema: {} }] }, 'spec.versions[0].schema.openAPIV3Schema: Required value'],
  [
    { versions: [{ ...plain, deprecationWarning: 'x' }] },
    'spec.versions[0].deprecationWarning: Invalid value: "x": can only be set',
  ],
  [
    { versions: [version(object, { additionalPrinterColumns: [{}] })] },
    'spec.additionalPrinterColumns[0].name: Required value',
  ],
  [
    { versions: [version(object, { additionalPrinterColumns: [{ name: 'a', type: 'text', jsonPath: 'x' }] })] },
    'spec.additionalPrinterColumns[0].type: Invalid value: "text": must be one of boolean,date,integer,number,string',
  ],
  [
    { versions: [version(object, { selectableFields: [{ jsonPath: '' }] })] },
    'spec.selectableFields[0].jsonPath: Required value',
  ],
  [
    { versions: [version(object, { selectableFields: [{ jsonPath: 'a' }] })] },
    'spec.selectableFields[0].jsonPath: Invalid value: "a": is an invalid path',
  ],
  [{ versions: [version(object, { selectableFields: [{ jsonPath: '.a' }] })] }, 'does not refer to a valid field'],
  [{ versions: [plain, { ...plain, name: 'v2', storage: false }].map((item) => ({ ...item, served: true })) }, ''],
];

for (const [spec, error] of wholes) {
  test(`definition: ${JSON.stringify(spec).slice(0, 110)}`, () => {
    const errors = textsOf(definition({ versions: [plain], ...spec }));
    if (error === '') assert.deepEqual(errors, []);
    else
      assert.ok(
        errors.some((text) => text.includes(error)),
        errors.join('\n'),
      );
  });
}

test('definition: stored versions must be there', () => {
  assert.match(
    textsOf(definition({ versions: [plain] }, []))[0] ?? '',
    /^status\.storedVersions: Invalid value: null: must have/,
  );
  assert.match(
    textsOf(definition({ versions: [plain] }, ['v1', 'v0']))[0] ?? '',
    /^status\.storedVersions\[1\]: Invalid value: "v0": missing from spec\.versions/,
  );
});

test('definition: what versions have each for itself is called by their own path', () => {
  const versions = [version({ type: 'array' }), version({ type: 'object' }, { name: 'v2', storage: false })];
  const [first] = textsOf(definition({ versions }));
  assert.match(first ?? '', /^spec\.versions\[0\]\.schema\.openAPIV3Schema\./);
});

const roots: readonly (readonly [schema: JsonObject, errors: readonly string[]])[] = [
  [{}, [`${ROOT}.type: Required value: must not be empty at the root`]],
  [{ type: 'string' }, [`${ROOT}.type: Invalid value: "string": must be object at the root`]],
  [{ type: 'object', nullable: true }, [`${ROOT}.nullable: Forbidden: nullable cannot be true at the root`]],
  [
    { type: 'object', additionalProperties: { type: 'string' } },
    [`${ROOT}.additionalProperties: Forbidden: must not be used at the root`],
  ],
  [
    { type: 'object', properties: { kind: { type: 'integer' } } },
    [`${ROOT}.properties[kind].type: Invalid value: "integer": must be string`],
  ],
  [
    { type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } },
    [
      `${ROOT}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
    ],
  ],
  [
    { type: 'object', anyOf: [{ properties: { b: {} } }] },
    [`${ROOT}.properties[b]: Required value: because it is defined in ${ROOT}.anyOf[0].properties[b]`],
  ],
];

for (const [schema, errors] of roots)
  test(`definition: the root ${JSON.stringify(schema).slice(0, 90)}`, () => assert.deepEqual(ofRoot(schema), errors));

const keys = (spec: JsonObject, items: JsonObject) => ({
  type: 'array',
  'x-kubernetes-list-type': 'map',
  items,
  ...spec,
});

const parts: readonly (readonly [schema: JsonObject, error: string])[] = [
  [{}, `${SPEC}.type: Required value: must not be empty for specified object fields`],
  [{ type: 'array' }, `${SPEC}.items: Required value: must be specified`],
  [{ type: 'array', items: {} }, `${SPEC}.items.type: Required value: must not be empty for specified array items`],
  [
    { type: 'array', items: [{ type: 'string' }] },
    `${SPEC}.items: Forbidden: items must be a schema object and not an array`,
  ],
  [{ type: 'text' }, `${SPEC}.type: Unsupported value: "text"`],
  [{ type: 'null' }, `${SPEC}.type: Forbidden: type cannot be set to null, use nullable as an alternative`],
  [
    { type: 'string', pattern: '(' },
    `${SPEC}.pattern: Invalid value: "(": must be a valid regular expression, but isn't`,
  ],
  [{ type: 'array', items: { type: 'string' }, uniqueItems: true }, `${SPEC}.uniqueItems: Forbidden`],
  [{ type: 'object', $ref: '#/x' }, `${SPEC}.$ref: Forbidden: $ref is not supported`],
  [
    { type: 'object', patternProperties: {} },
    `${SPEC}.patternProperties: Forbidden: patternProperties is not supported`,
  ],
  [
    { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: { type: 'string' } },
    `${SPEC}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
  ],
  [{ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }, 'must be true or undefined'],
  [
    { type: 'object', 'x-kubernetes-embedded-resource': true },
    `${SPEC}.properties: Required value: must not be empty if`,
  ],
  [
    { type: 'string', 'x-kubernetes-embedded-resource': true },
    'must be object if x-kubernetes-embedded-resource is true',
  ],
  [
    { 'x-kubernetes-embedded-resource': true },
    `${SPEC}.type: Required value: must be object if x-kubernetes-embedded-resource`,
  ],
  [
    { 'x-kubernetes-int-or-string': true, 'x-kubernetes-preserve-unknown-fields': true },
    'must be false if x-kubernetes-int-or-string is true',
  ],
  [
    { type: 'string', 'x-kubernetes-list-type': 'set' },
    `${SPEC}.type: Invalid value: "string": must be array if x-kubernetes-list-type`,
  ],
  [
    { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'bag' },
    'Unsupported value: "bag": supported values: "atomic", "set", "map"',
  ],
  [{ type: 'string', 'x-kubernetes-map-type': 'atomic' }, 'must be object if x-kubernetes-map-type is specified'],
  [{ type: 'object', 'x-kubernetes-map-type': 'loose' }, 'Unsupported value: "loose"'],
  [
    { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'set' },
    'must be atomic as item of a list with x-kubernetes-list-type=set',
  ],
  [
    {
      type: 'array',
      items: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
      'x-kubernetes-list-type': 'set',
    },
    `${SPEC}.items.x-kubernetes-list-type: Invalid value: "set": must be atomic`,
  ],
  [
    { type: 'array', items: { type: 'string', nullable: true }, 'x-kubernetes-list-type': 'set' },
    'cannot be nullable when x-kubernetes-list-type is set',
  ],
  [keys({}, { type: 'object' }), 'must not be empty if x-kubernetes-list-type is map'],
  [
    keys({ 'x-kubernetes-list-map-keys': ['a'] }, { type: 'string' }),
    "must be object if parent array's x-kubernetes-list-type is map",
  ],
  [keys({ 'x-kubernetes-list-map-keys': ['a'] }, { type: 'object' }), 'entries must all be names of item properties'],
  [
    keys(
      { 'x-kubernetes-list-map-keys': ['a', 'a'] },
      { type: 'object', required: ['a'], properties: { a: { type: 'string' } } },
    ),
    'must not contain duplicate entries',
  ],
  [
    keys({ 'x-kubernetes-list-map-keys': ['a'] }, { type: 'object', properties: { a: { type: 'string' } } }),
    'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
  ],
  [
    keys(
      { 'x-kubernetes-list-map-keys': ['a'] },
      { type: 'object', required: ['a'], properties: { a: { type: 'object' } } },
    ),
    `${SPEC}.items.properties[a].type: Invalid value: "object": must be a scalar type`,
  ],
  [
    { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-map-keys': ['a'] },
    'must be map if x-kubernetes-list-map-keys is non-empty',
  ],
  [{ type: 'object', allOf: [{ type: 'object' }] }, `${SPEC}.allOf[0].type: Forbidden: must be empty to be structural`],
  [{ type: 'object', not: { default: 1 } }, `${SPEC}.not.default: Forbidden: must be undefined to be structural`],
  [
    { type: 'object', oneOf: [{ nullable: true }] },
    `${SPEC}.oneOf[0].nullable: Forbidden: must be false to be structural`,
  ],
  [
    { type: 'object', properties: { a: { type: 'string', default: 7 } } },
    `${SPEC}.properties[a].default: Invalid value`,
  ],
  [{ type: 'object', default: { odd: 1 } }, `${SPEC}.default: Invalid value: {"odd":1}: must not have unknown fields`],
  [
    { type: 'array', items: { type: 'object', properties: { a: { type: 'string', default: 'x', pattern: '^y$' } } } },
    `${SPEC}.items.properties[a].default: Invalid value: "x"`,
  ],
];

for (const [schema, error] of parts) {
  test(`definition: spec ${JSON.stringify(schema).slice(0, 100)}`, () => {
    const errors = ofSpec(schema);
    assert.ok(
      errors.some((text) => text.includes(error)),
      errors.join('\n'),
    );
  });
}

test('definition: the two spellings of int-or-string may name types', () => {
  const anyOf = [{ type: 'integer' }, { type: 'string' }];
  assert.deepEqual(ofSpec({ 'x-kubernetes-int-or-string': true, anyOf }), []);
  assert.deepEqual(ofSpec({ 'x-kubernetes-int-or-string': true, allOf: [{ anyOf }, { pattern: '^a' }] }), []);
});
