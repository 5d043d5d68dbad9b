import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ALERTS } from '../../scripts/monitoring/alerts.ts';
import { runbookOf } from '../../scripts/monitoring/runbooks/runbooks.ts';
import { TROUBLESHOOTING_COMMANDS } from '../../scripts/troubleshooting-page.ts';
import { type AlertScene, OBJECT_SCENES, PROCESS_SCENES, SLOWER } from '../support/alert-scenes.ts';
import { type AlertStage, startAlertStage } from '../support/alert-stage.ts';
import { Endings } from '../support/endings.ts';
import { withoutPrometheus } from '../support/prometheus.ts';
import { until } from '../support/until.ts';
import { ensureKubectl } from './kubectl.ts';

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
  for (const [name] of wanted) await follow(name);
  await mend();
  for (const [name, labels] of wanted) await stage().reachesAlert(name, { labels, isFiring: false });
}

/** Types what the runbook of that alert says that one looks at first: each command works, each query has an answer. */
async function follow(name: string): Promise<void> {
  for (const { language, text, needsPods } of runbookOf(name).looks) {
    if (needsPods === true) continue;
    if (language === 'sh') assert.notEqual(await stage().type(text), '', text);
    else await until(`there is an answer to ${text}`, async () => (await stage().prometheus.query(text)).length > 0);
  }
}

before(async () => {
  if (skip === false) opened = await startAlertStage(endings, { slower: SLOWER, kubectl: await ensureKubectl() });
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

  for (const command of TROUBLESHOOTING_COMMANDS)
    test(`troubleshooting: ${command.slice(0, 40)}… works`, async () =>
      assert.notEqual(await stage().type(command), ''));

  test('nothing is left: no alert fires', async () => {
    for (const { name } of ALERTS) await stage().reachesAlert(name, { isFiring: false });
  });
});
