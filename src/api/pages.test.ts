import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { conditionsPage } from './conditions-page.ts';
import { crdOf } from './crd.ts';
import { eventsPage } from './events-page.ts';
import { KINDS } from './kinds.ts';
import { REASON_GROUPS } from './reasons.ts';
import { referencePage } from './reference-page.ts';

/** The cells of every row, table by table. */
function tablesOf(markdown: string): readonly (readonly (readonly string[])[])[] {
  return markdown
    .split('\n\n')
    .filter((block) => block.startsWith('|'))
    .map((block) =>
      block
        .trim()
        .split('\n')
        .map((row) => row.split(/(?<!\\)\|/).slice(1, -1)),
    );
}

for (const definition of KINDS) {
  const { kind, plural } = definition.type;

  test(`${kind}: the CRD of the chart is the one of the schema`, () => {
    const text = readFileSync(`chart/wasabi-s3-operator/crds/${plural}.yaml`, 'utf8');
    assert.deepEqual(parse(text), JSON.parse(JSON.stringify(crdOf(definition))), 'run "npm run generate"');
    assert.doesNotMatch(text, /^\s*(?:\S+: )?[&*]\w+$/m, 'anchors, which not every reader knows');
  });

  test(`${kind}: every row of the page has all its cells`, () => {
    const tables = tablesOf(referencePage(definition));
    assert.equal(tables.length, 4);
    for (const [head, ...rows] of tables) {
      assert.ok(rows.length > 1);
      for (const row of rows) assert.equal(row.length, head?.length, row.join('|'));
    }
  });
}

test('the page of a Bucket tells type, default, change and example of a field', () => {
  const page = referencePage(KINDS.find(({ type }) => type.kind === 'Bucket') ?? assert.fail());
  const row = (path: string) => page.split('\n').find((line) => line.startsWith(`| \`${path}\``));
  assert.equal(
    row('spec.lifecycle.rules[].expiration.days'),
    '| `spec.lifecycle.rules[].expiration.days` | integer, 1 to 36500 |  | yes | Days after creation. Absent: date decides. | `90` |',
  );
  assert.match(row('spec.name') ?? '', /\| required \| no \|/);
  assert.match(row('spec.deletionPolicy') ?? '', /\| `Delete`, `Retain` \| `"Retain"` \| yes \|/);
  assert.match(row('spec.cors') ?? '', /\| object or null \|/);
  assert.match(row('spec.tagging.tags') ?? '', /\| map of string, at most 256, at most 49 \|/);
  assert.match(row('spec.lifecycle.rules') ?? '', /\| list by `id` of object, at most 1000 \|/);
});

test('the page of events says of each what it means and what to do', () => {
  const [[head, , ...rows] = []] = tablesOf(eventsPage());
  assert.deepEqual(head, [' Reason ', ' Type ', ' Means ', ' What to do next ']);
  assert.ok(rows.length > 40);
  for (const row of rows) {
    assert.equal(row.length, 4, row.join('|'));
    for (const cell of row) assert.notEqual(cell.trim(), '', row.join('|'));
  }
  assert.equal(new Set(rows.map(([name]) => name)).size, rows.length, 'each once');
});

test('the page of conditions lists every reason once', () => {
  const rows = tablesOf(conditionsPage()).flat();
  for (const name of REASON_GROUPS.flatMap(({ reasons }) => Object.keys(reasons))) {
    const found = rows.filter(([first, means]) => first === ` \`${name}\` ` && (means ?? '').trim() !== '');
    assert.ok(found.length >= 1, name);
  }
  for (const row of rows) assert.ok(row.length === 3 || row.length === 4, row.join('|'));
});
