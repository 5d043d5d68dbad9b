import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { CHART_VALUES } from '../scripts/chart-values.ts';
import { ALERTS } from '../scripts/monitoring/alerts.ts';
import { RUNBOOKS } from '../scripts/monitoring/runbooks/runbooks.ts';
import { CONDITION_TYPES } from '../src/api/condition-types.ts';
import { EVENT_REASONS } from '../src/api/event-reasons.ts';
import { KINDS } from '../src/api/kinds.ts';
import { REASON_GROUPS } from '../src/api/reasons.ts';
import type { SchemaNode } from '../src/api/structural-schema.ts';
import * as annotations from '../src/managed/annotations.ts';
import type { StoredDefinition } from './support/narrowed.ts';

/** What runbooks name is there. That their commands work, `npm run test:cluster` tries: each while its alert fires. */

const root = new URL('../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const pages = ALERTS.map(({ name }) => ({ name, page: read(`docs/operations/runbooks/${name}.md`) }));
const reasons = REASON_GROUPS.flatMap((group) => Object.keys(group.reasons));
/** Of Kubernetes and of its monitoring. */
const THEIRS = [
  'ServiceMonitor',
  'PodMonitor',
  'NetworkPolicy',
  'ServiceAccount',
  'ImagePullBackOff',
  'CrashLoopBackOff',
  'CustomResourceDefinitions',
  'NotReady', // of Kubernetes' habits of naming: the end of several reasons
];

test('runbooks: each alert has one, and there is no other', () => {
  assert.deepEqual(Object.keys(RUNBOOKS).toSorted(), ALERTS.map(({ name }) => name).toSorted());
});

for (const { name, page } of pages) {
  test(`${name}: reasons, events, kinds, alerts, annotations and values of the chart that it names are there`, () => {
    const words = new Set<string>([
      ...Object.keys(CONDITION_TYPES),
      ...Object.keys(EVENT_REASONS),
      ...reasons,
      ...KINDS.map(({ type }) => type.kind),
      ...ALERTS.map((alert) => alert.name),
      ...THEIRS,
      // Why a kind is listed anew: labels of a metric.
      'Expired',
      'WatchFailing',
      'NotServed',
    ]);
    const prose = page.replaceAll(/```[\s\S]*?```/g, '');
    const said = [...prose.matchAll(/\b(?:[A-Z][a-z]+){2,}\b/g)].map(([word]) => word);
    assert.deepEqual(
      said.filter((word) => !words.has(word)),
      [],
    );
    const known: readonly string[] = Object.values(annotations);
    for (const [named] of page.matchAll(/s3\.cloud37\.dev\/[a-z-]+/g)) assert.ok(known.includes(named), named);
    const paths = CHART_VALUES.map(({ path }) => path);
    for (const [, path = ''] of prose.matchAll(
      /`((?:operator|rbac|networkPolicy|prometheusRule|resources)\.[\w.]+)`/g,
    )) {
      assert.ok(
        paths.some((each) => each === path || path.startsWith(`${each}.`)),
        path,
      );
    }
    for (const [, path = ''] of prose.matchAll(/`(spec\.[\w.]+)`/g)) {
      assert.ok(
        definitions.some((definition) => hasField(definition, path)),
        `${path} is a field of no kind`,
      );
    }
  });
}

const definitions = KINDS.map(
  ({ type }) => parse(read(`chart/wasabi-s3-operator/crds/${type.plural}.yaml`)) as StoredDefinition, // our own generated file
);

/** Whether objects of that kind have that field. */
function hasField({ spec }: StoredDefinition, path: string): boolean {
  const schema = spec.versions[0]?.schema.openAPIV3Schema;
  if (/^(?:metadata|kind)\b/.test(path)) return true; // the API server's own
  let node: SchemaNode | undefined = schema;
  for (const step of path.split('.')) node = node?.properties?.[step] ?? node?.additionalProperties;
  return node !== undefined;
}

const columns = pages.flatMap(({ name, page }) =>
  [...page.matchAll(/kubectl get (\S+) -A (?:--sort-by=(\S+) )?-o custom-columns='([^']+)'/g)].map(
    ([, kinds = '', sorted, list = '']) => ({ name, kinds, paths: [...pathsOf(list), ...(sorted ? [sorted] : [])] }),
  ),
);

function pathsOf(list: string): readonly string[] {
  return [...list.matchAll(/[A-Z]+:((?:\[[^\]]*\]|[^,[])+)/g)].map(([, path = '']) => path);
}

for (const { name, kinds, paths } of columns) {
  if (kinds === 'leases') continue;
  test(`${name}: the columns of ${kinds.slice(0, 60)} are fields`, () => {
    const shown = definitions.filter(
      ({ metadata, spec }) =>
        kinds === 'wasabi' ||
        kinds.split(',').some((each) => each === metadata.name || metadata.name.startsWith(`${each}.`)) ||
        spec.names.kind === kinds,
    );
    assert.ok(shown.length > 0, `no kind is called ${kinds}`);
    for (const path of paths) {
      const [, type] = /\[\?\(@\.type=="(\w+)"\)\]/.exec(path) ?? [];
      if (type !== undefined) assert.ok(Object.hasOwn(CONDITION_TYPES, type), `no condition ${type}`);
      const field = path.slice(1).replace(/\[.*/, '');
      for (const definition of shown)
        assert.ok(hasField(definition, field), `${definition.metadata.name} has no ${field}`);
    }
  });
}

test('runbooks: the objects that they ask for by reason have such events', () => {
  for (const { name, page } of pages) {
    for (const [, reason = ''] of page.matchAll(/--field-selector reason=(\w+)/g)) {
      assert.ok(Object.hasOwn(EVENT_REASONS, reason), `${name}: ${reason}`);
    }
  }
});

test('troubleshooting: every reason of a condition is on the page, and its index leads to its parts', () => {
  const page = read('docs/operations/troubleshooting.md');
  assert.deepEqual(
    reasons.filter((reason) => !page.includes(`| \`${reason}\` |`)),
    [],
  );
  const titles = [...page.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title);
  const linked = [...page.matchAll(/^- \[(.+)\]\(#(.+)\)$/gm)];
  assert.deepEqual(
    linked.map(([, title]) => title),
    titles,
  );
  for (const [, title = '', anchor] of linked)
    assert.equal(anchor, title.toLowerCase().replaceAll(',', '').replaceAll(' ', '-'));
});
