import assert from 'node:assert/strict';
import { test } from 'node:test';
import { XMLParser } from 'fast-xml-parser';
import { dashboardRecord } from '../scripts/monitoring/dashboard-page.ts';
import { ROWS } from '../scripts/monitoring/dashboard-panels.ts';
import { dashboardPicture } from '../scripts/pictures/dashboard.ts';
import { CHARACTER } from '../scripts/pictures/svg.ts';

/** The picture of docs/operations/dashboard.md shows what was recorded, and all of it. */

const record = dashboardRecord();
const svg = dashboardPicture(record);
const FONT_SIZE = 12;

test('dashboard: what was recorded are panels of it, with something to see in each', () => {
  const titles = ROWS.flatMap(({ panels }) => panels.map(({ title }) => title));
  for (const { title, series } of record.panels) {
    assert.ok(titles.includes(title), title);
    assert.ok(series.length > 0, title);
    assert.equal(new Set(series.map(({ values }) => values.split(' ').length)).size, 1, `${title}: one time for all`);
  }
});

/** Stretches of values without a gap. */
function runsIn(values: string): readonly string[] {
  return ` ${values} `.split(/(?: -)+ /).filter((run) => run.trim() !== '');
}

test('dashboard: each line that was recorded is drawn, within the picture', () => {
  new XMLParser().parse(svg, true); // throws for what is no XML
  const [, width = '0', height = '0'] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? [];
  const runs = record.panels.flatMap(({ series }) => series.flatMap(({ values }) => runsIn(values)));
  const lines = [...svg.matchAll(/points="([^"]+)"/g)].map(([, points = '']) => points.split(' '));
  assert.equal(lines.length, runs.length);
  for (const point of lines.flat()) {
    const [x = Number.NaN, y = Number.NaN] = point.split(',').map(Number);
    assert.ok(x >= 0 && x <= Number(width) && y >= 0 && y <= Number(height), point);
  }
  for (const [, x = '', text = ''] of svg.matchAll(/<text x="([\d.]+)"[^>]*>([^<]+)</g)) {
    assert.ok(Number(x) + text.length * FONT_SIZE * CHARACTER < Number(width), text);
  }
});

test('dashboard: a gap ends a line, a value below zero has its place', () => {
  const panel = { title: 'It', unit: 's', series: [{ legend: 'a', values: '- 7200 7200 - -7200 0' }] };
  const drawn = dashboardPicture({ stepSeconds: 1, moments: [], panels: [panel] });
  const lines = [...drawn.matchAll(/points="([^"]+)"/g)].map(([, points = '']) => points.split(' ').length);
  assert.deepEqual(lines, [2, 2]);
  assert.match(drawn, />-2 h</);
});
