import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ALERTS } from '../../scripts/monitoring/alerts.ts';
import { type AlertScene, OBJECT_SCENES, PROCESS_SCENES } from '../support/alert-scenes.ts';
import { type AlertStage, startAlertStage } from '../support/alert-stage.ts';
import { Endings } from '../support/endings.ts';
import { withoutPrometheus } from '../support/prometheus.ts';

/**
 * Each alert is made to fire by a fault, and goes when the fault does: an operator at work, a Prometheus that reads its
 * metrics and evaluates the rules of the chart, with time going faster in them (test/support/scaled-alerts.ts).
 */

const skip = withoutPrometheus();
const endings = new Endings();
let opened: AlertStage | undefined;
const stage = () => opened ?? assert.fail('the stage is set up before the tests');

async function play({ alerts, begin, tells }: AlertScene): Promise<void> {
  const wanted = Object.entries(alerts);
  for (const [name, labels] of wanted) assert.deepEqual(await stage().firing(name, labels), [], `${name} before`);
  const { meanwhile, mend } = await begin(stage());
  for (const [name, labels] of wanted) await stage().reachesAlert(name, { labels, isFiring: true, meanwhile });
  await tells?.(stage());
  await mend();
  for (const [name, labels] of wanted) await stage().reachesAlert(name, { labels, isFiring: false });
}

before(async () => {
  if (skip === false) opened = await startAlertStage(endings, {});
});
after(() => endings.end());

test('each alert has its scene', () => {
  const played = [...OBJECT_SCENES, ...PROCESS_SCENES].flatMap(({ alerts }) => Object.keys(alerts));
  assert.deepEqual(played.toSorted(), ALERTS.map(({ name }) => name).toSorted());
});

describe('alerts about objects', { skip, concurrency: true }, () => {
  for (const scene of OBJECT_SCENES) test(`${Object.keys(scene.alerts).join(', ')}: ${scene.title}`, () => play(scene));
});

describe('alerts about the operator', { skip }, () => {
  for (const scene of PROCESS_SCENES)
    test(`${Object.keys(scene.alerts).join(', ')}: ${scene.title}`, () => play(scene));

  test('nothing is left: no alert fires', async () => {
    for (const { name } of ALERTS) await stage().reachesAlert(name, { isFiring: false });
  });
});
