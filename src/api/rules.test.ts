import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentedSchema } from './crd.ts';
import { KINDS } from './kinds.ts';
import type { Rule } from './schema.ts';
import type { SchemaNode } from './structural-schema.ts';
import { SCHEMA_CASES } from './testing/cases.ts';
import { compileRule, verdict } from './testing/verdict.ts';

function rulesOf(node: SchemaNode): readonly Rule[] {
  const children = [...Object.values(node.properties ?? {}), node.items, node.additionalProperties];
  return [
    ...(node['x-kubernetes-validations'] ?? []),
    ...children.flatMap((child) => (child === undefined ? [] : rulesOf(child))),
  ];
}

for (const definition of KINDS) {
  const { kind } = definition.type;
  const rules = rulesOf(documentedSchema(definition));

  test(`${kind}: every rule is CEL and says what to do in one line`, () => {
    for (const rule of rules) {
      compileRule(rule);
      assert.match(rule.message, /^[^\n]{20,250}$/);
    }
  });

  test(`${kind}: every rule is broken by at least one case`, () => {
    const said = SCHEMA_CASES.filter((each) => each.kind === kind && each.refusal !== undefined)
      .flatMap(({ to, from }) => verdict(definition, to, from))
      .join('\n');
    assert.deepEqual(
      rules.filter(({ message }) => !said.includes(message)).map(({ message }) => message),
      [],
    );
  });
}

for (const { title, kind, from, to, refusal } of SCHEMA_CASES.filter(({ isServerOnly }) => isServerOnly !== true)) {
  test(`${kind}, ${title}: ${refusal === undefined ? 'accepted' : 'refused'}`, () => {
    const definition = KINDS.find(({ type }) => type.kind === kind);
    assert.ok(definition);
    const said = verdict(definition, to, from);
    if (refusal === undefined) assert.deepEqual(said, []);
    else assert.ok(said.join('\n').includes(refusal), `"${said.join('; ')}" does not say "${refusal}"`);
  });
}
