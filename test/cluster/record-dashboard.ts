import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { RECORD_PATH } from '../../scripts/monitoring/dashboard-page.ts';
import { ROWS } from '../../scripts/monitoring/dashboard-panels.ts';
import type { DashboardRecord, RecordedPanel, RecordedSeries } from '../../scripts/pictures/dashboard.ts';
import { type AlertScene, OBJECT_SCENES } from '../support/alert-scenes.ts';
import { type AlertStage, startAlertStage } from '../support/alert-stage.ts';
import { Endings } from '../support/endings.ts';

/**
 * `npm run record:dashboard`: an operator at work on loopback, faults one after another, and what a Prometheus answers to
 * the queries of some panels, written to docs/operations/dashboard-record.json. It takes two minutes; needs prometheus.
 */

const PANELS = ['Calls', 'Held back', 'Not Ready', 'Wait in the queue', 'Next rotation', 'Oldest key'];
const STEP_SECONDS = 1;
const FAULT_MS = 15_000;
const PEACE_MS = 6_000;
const DIGITS = 3;
/** Scenes by the beginnings of their titles. */
const STORY = ['the service asks', 'the key of a Provider', 'the service is too slow', 'a key is due'];

const endings = new Endings();
try {
  const stage = await startAlertStage(endings, { slower: {}, kubectl: undefined });
  const startSeconds = Date.now() / 1_000;
  const moments: { atSeconds: number; what: string }[] = [];
  for (const title of STORY) {
    await pause(PEACE_MS);
    const scene = OBJECT_SCENES.find((each) => each.title.startsWith(title)) ?? assert.fail(title);
    await play(stage, scene, (what) =>
      moments.push({ atSeconds: Math.round(Date.now() / 1_000 - startSeconds), what }),
    );
  }
  await pause(PEACE_MS);
  const panels = await Promise.all(PANELS.map((title) => recorded(stage, title, startSeconds)));
  const record: DashboardRecord = { stepSeconds: STEP_SECONDS, moments, panels };
  writeFileSync(new URL(`../../${RECORD_PATH}`, import.meta.url), `${JSON.stringify(record, undefined, 2)}\n`);
} finally {
  await endings.end();
}

async function play(stage: AlertStage, { title, begin }: AlertScene, note: (what: string) => void): Promise<void> {
  const { meanwhile, mend } = await begin(stage);
  note(title);
  for (let leftMs = FAULT_MS; leftMs > 0; leftMs -= 1_000) {
    await meanwhile?.();
    await pause(1_000);
  }
  await mend();
}

/** What that panel shows from then until now. */
async function recorded(stage: AlertStage, title: string, startSeconds: number): Promise<RecordedPanel> {
  const panel = ROWS.flatMap(({ panels }) => panels).find((each) => each.title === title) ?? assert.fail(title);
  const series: RecordedSeries[] = [];
  const endSeconds = Date.now() / 1_000;
  for (const { expr, legend } of panel.queries) {
    const chosen = expr.replaceAll(/\$(?:namespace|kind|account)/g, '.*').replaceAll('$__rate_interval', '5s');
    const range = `start=${startSeconds}&end=${endSeconds}&step=${STEP_SECONDS}`;
    const answer = await stage.prometheus.ask(`/api/v1/query_range?query=${encodeURIComponent(chosen)}&${range}`);
    type Matrix = { readonly result: readonly { metric: Record<string, string>; values: [number, string][] }[] };
    for (const { metric, values } of (answer as Matrix).result) {
      const bySecond = new Map(
        values.map(([at, value]) => [Math.round((at - startSeconds) / STEP_SECONDS), Number(value)]),
      );
      const steps = Math.floor((endSeconds - startSeconds) / STEP_SECONDS) + 1;
      const line = Array.from({ length: steps }, (_, step) => tidy(bySecond.get(step)));
      const name = legend.replaceAll(/\{\{(\w+)\}\}/g, (_whole, label: string) => metric[label] ?? '');
      if (line.some((value) => !['-', '0'].includes(value))) series.push({ legend: name, values: line.join(' ') });
    }
  }
  return { title, unit: panel.unit, series };
}

function tidy(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '-' : String(Number(value.toPrecision(DIGITS)));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
