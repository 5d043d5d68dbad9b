import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '../json.ts';
import { openapiErrors } from './openapi-rules.ts';
import { parseSchema } from './schema.ts';

const AT = 'root.properties[spec].x-kubernetes-validations[0]';

const properties: JsonObject = {
  a: { type: 'integer' },
  s: { type: 'string' },
  t: { type: 'string', format: 'date-time' },
  d: { type: 'string', format: 'duration' },
  f: { type: 'number' },
  b: { type: 'boolean' },
  p: { 'x-kubernetes-int-or-string': true },
  l: { type: 'array', items: { type: 'object', properties: { id: { type: 'string' } } } },
  m: { type: 'object', additionalProperties: { type: 'integer' } },
  'odd-name': { type: 'string' },
};

function errorsOf(rule: JsonObject): readonly string[] {
  const spec = { type: 'object', properties, 'x-kubernetes-validations': [rule] };
  const schema = parseSchema({ type: 'object', properties: { spec } });
  return openapiErrors(schema, 'root', true).map(({ field, body }) => `${field}: ${body}`);
}

const right: readonly JsonObject[] = [
  { rule: 'self.a > 1 && self.s.startsWith("x") && self.b' },
  { rule: 'self.t > timestamp("2026-01-01T00:00:00Z") && self.d < duration("1h")' },
  { rule: 'self.f > 1.5 && self.l.all(x, x.id != "") && self.m["k"] == 1' },
  { rule: 'self.odd__dash__name == "x" && type(self.p) == int' },
  { rule: 'self.a >= oldSelf.a' },
  { rule: '!oldSelf.hasValue() || oldSelf.value().a == self.a', optionalOldSelf: true },
  { rule: 'self.a > 1', messageExpression: '"a is " + string(self.a)', reason: 'FieldValueForbidden', fieldPath: '.a' },
  { rule: 'self.a > 1', fieldPath: ".m['any key']" },
  { rule: 'self.a > 1\n && self.a < 9', message: 'between 1 and 9' },
];

for (const rule of right) test(`rule: ${JSON.stringify(rule)} is right`, () => assert.deepEqual(errorsOf(rule), []));

const wrong: readonly (readonly [rule: JsonObject, error: RegExp])[] = [
  [{ rule: ' ' }, /^A\.rule: Required value: rule is not specified$/],
  [{ rule: 'self.a > 1', message: ' ' }, /^A\.message: Invalid value: " ": must be non-empty if specified$/],
  [{ rule: 'self.a > 1', message: 'a\nb' }, /^A\.message: Invalid value: "a\\nb": must not contain line breaks$/],
  [{ rule: 'self.a\n > 1' }, /^A\.message: Required value: message must be specified if rule contains line breaks$/],
  [{ rule: 'self.a > 1', messageExpression: ' ' }, /^A\.messageExpression: Required value/],
  [{ rule: 'self.a > 1', reason: 'Because' }, /^A\.reason: Unsupported value: "Because"/],
  [{ rule: 'self.a > 1', fieldPath: '.zz' }, /^A\.fieldPath: Invalid value: "\.zz": must be a valid path$/],
  [{ rule: 'self.a > 1', fieldPath: 'a' }, /^A\.fieldPath: Invalid value: "a": must be a valid path$/],
  [{ rule: 'self.a >' }, /^A\.rule: Invalid value: \{.*\}: compilation failed: ERROR: <input>:1:\d+: Syntax error: /],
  [{ rule: 'self.zz > 1' }, /compilation failed: ERROR: <input>:1:\d+: undefined field 'zz'$/],
  [
    { rule: 'other > 1' },
    /compilation failed: ERROR: <input>:1:\d+: undeclared reference to 'other' \(in container ''\)$/,
  ],
  [{ rule: 'self.a > "x"' }, /found no matching overload for '_>_' applied to '\(int, string\)'$/],
  [{ rule: 'self.a' }, /^A\.rule: .*cel expression must evaluate to a bool$/],
  [
    { rule: 'self.a > 1', messageExpression: 'self.a' },
    /^A\.messageExpression: .*messageExpression must evaluate to a string$/,
  ],
  [{ rule: 'self.a > 1', messageExpression: 'self.zz' }, /^A\.messageExpression: .*undefined field 'zz'$/],
  [
    { rule: 'self.a > 1', optionalOldSelf: true },
    /^A\.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used/,
  ],
];

for (const [rule, error] of wrong) {
  test(`rule: ${JSON.stringify(rule)} is wrong`, () => {
    const [first, ...more] = errorsOf(rule);
    assert.match((first ?? '').replace(AT, 'A'), error);
    assert.deepEqual(more, []);
  });
}

test('rule: what was before cannot be told in a list without keys', () => {
  const items = { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] };
  const list = (more: JsonObject) =>
    openapiErrors(parseSchema({ type: 'object', properties: { l: { type: 'array', items, ...more } } }), 'root', true);
  const [error] = list({});
  assert.equal(error?.field, 'root.properties[l].items.x-kubernetes-validations[0].rule');
  assert.match(
    error.body,
    /oldSelf cannot be used on the uncorrelatable portion of the schema within root\.properties\[l\]$/,
  );
});

test('rule: the root sees name and kind', () => {
  const schema = { type: 'object', 'x-kubernetes-validations': [{ rule: 'self.metadata.name != self.kind' }] };
  assert.deepEqual(openapiErrors(parseSchema(schema), 'root', true), []);
});
