import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentedSchema } from './crd.ts';
import { KINDS } from './kinds.ts';
import { type RuleNode, ruleTree } from './rule-tree.ts';
import { type Rule, SPEC_MISSING } from './schema.ts';
import { specChecker } from './spec-problem.ts';
import type { SchemaNode } from './structural-schema.ts';
import { SCHEMA_CASES } from './testing/cases.ts';
import { compileRule, ruleVerdicts, verdict } from './testing/verdict.ts';

interface PlacedRule {
  /** `spec.outputs[].type`. */
  readonly place: string;
  readonly rule: Rule;
  readonly node: SchemaNode;
}

function rulesOf(node: SchemaNode, place = ''): readonly PlacedRule[] {
  const own = (node['x-kubernetes-validations'] ?? []).map((rule) => ({ place, rule, node }));
  const below = (child: SchemaNode | undefined, at: string) => (child === undefined ? [] : rulesOf(child, at));
  return [
    ...own,
    ...Object.entries(node.properties ?? {}).flatMap(([name, child]) =>
      below(child, place === '' ? name : `${place}.${name}`),
    ),
    ...below(node.items, `${place}[]`),
    ...below(node.additionalProperties, `${place}.*`),
  ];
}

/** The places of texts whose pattern is not told in words. */
function barePatterns(node: SchemaNode, place = ''): readonly string[] {
  const children = [
    ...Object.entries(node.properties ?? {}),
    ['[]', node.items],
    ['.*', node.additionalProperties],
  ] as const;
  const below = children.flatMap(([name, child]) =>
    child === undefined || typeof child === 'string' ? [] : barePatterns(child, `${place}.${name}`),
  );
  return node.pattern === undefined ? below : [place, ...below];
}

/** The rules with what the reconciler makes of them, which the definition does not hold. */
function decidedRules(node: RuleNode): readonly Rule[] {
  const children = [...Object.values(node.properties), ...(node.items === undefined ? [] : [node.items])];
  return [...node.rules, ...children.flatMap(decidedRules)];
}

const nameOf = ({ place, rule }: { readonly place: string; readonly rule: Rule }) => `${place}: ${rule.rule}`;
const isOfChanges = ({ rule, optionalOldSelf }: Rule) => rule.includes('oldSelf') && optionalOldSelf !== true;

for (const definition of KINDS) {
  const { kind } = definition.type;
  const rules = rulesOf(documentedSchema(definition));
  const cases = SCHEMA_CASES.filter((each) => each.kind === kind);

  test(`${kind}: every rule is CEL and says in one line which field is meant and what to do`, () => {
    for (const { place, rule, node } of rules) {
      compileRule(rule);
      assert.match(rule.message, /^[^\n]{20,250}$/);
      const own = place.split(/[.[\]]+/).findLast((name) => name !== '') ?? 'spec';
      const names = [own, ...Object.keys(node.properties ?? {}), 'spec', own.replace(/s$/, '')];
      assert.ok(
        names.some((name) => rule.message.includes(name)),
        `${place}: "${rule.message}" names no field`,
      );
      assert.match(rule.message, /: |; |must |needs |can change only|goes with/, `${place}: says what to do`);
    }
  });

  test(`${kind}: a rule of the whole object knows what was stored before it: it is asked at every write of ours, too`, () => {
    const ofAll = rules.filter(({ place, rule }) => place === '' && !rule.rule.includes('oldSelf'));
    assert.deepEqual(
      ofAll.map(({ rule }) => rule.message).filter((message) => message !== SPEC_MISSING),
      [],
    );
  });

  test(`${kind}: a pattern is told in words, where the API server takes the cost`, () => {
    const bare = barePatterns(documentedSchema(definition)).filter((place) => !place.includes('.principalRefs.'));
    assert.deepEqual(bare, []);
  });

  test(`${kind}: every rule refuses a case with its message, and lets another one pass`, () => {
    const asked = cases.flatMap((each) => ruleVerdicts(definition, each));
    const without = (isHeld: boolean) =>
      rules.map(nameOf).filter((name) => !asked.some((one) => one.isHeld === isHeld && nameOf(one) === name));
    assert.deepEqual({ neverBroken: without(false), neverHeld: without(true) }, { neverBroken: [], neverHeld: [] });
  });

  test(`${kind}: what is stored is held to every rule, or the rule says why not`, () => {
    const decided = decidedRules(ruleTree(definition.schema));
    const silent = decided.filter((rule) => !isOfChanges(rule) && !rule.holds && !rule.storedIsLeft);
    assert.deepEqual(silent, []);
    assert.equal(decided.filter(({ holds, storedIsLeft }) => holds && storedIsLeft).length, 0);
    // Spec itself stands in `specProblem`.
    assert.equal(decided.length, rules.length - 1);
  });

  const { specProblem, brokenRule } = specChecker(definition);
  const decided = decidedRules(ruleTree(definition.schema));
  const isLeft = (rule: Rule) => decided.some((one) => one.rule === rule.rule && one.storedIsLeft !== undefined);
  for (const each of cases.filter(({ from }) => from === undefined)) {
    test(`${kind}, ${each.title}: of what is stored the reconciler says the same`, () => {
      const said = specProblem(each.to) ?? brokenRule(each.to);
      const broken = ruleVerdicts(definition, each).flatMap(({ rule, isHeld }) => (isHeld ? [] : [rule]));
      const isLeftAlone = each.isLeftStored === true || (broken.length > 0 && broken.every(isLeft));
      if (each.refusal === undefined || isLeftAlone) {
        assert.equal(said, undefined);
        return;
      }
      assert.match(said ?? '', /^spec/);
      const words = broken.length > 0 ? broken.map(({ message }) => `: ${message}`) : [each.refusal];
      assert.ok(
        words.some((word) => said?.includes(word)),
        `"${said}" is none of "${words.join('", "')}"`,
      );
    });
  }
}

for (const each of SCHEMA_CASES.filter(({ isServerOnly }) => isServerOnly !== true)) {
  const { title, kind, refusal } = each;
  test(`L8, L49, L60: ${kind}, ${title}: ${refusal === undefined ? 'accepted' : 'refused'}`, () => {
    const definition = KINDS.find(({ type }) => type.kind === kind);
    assert.ok(definition);
    const said = verdict(definition, each);
    if (refusal === undefined) assert.deepEqual(said, []);
    else assert.ok(said.join('\n').includes(refusal), `"${said.join('; ')}" does not say "${refusal}"`);
  });
}
