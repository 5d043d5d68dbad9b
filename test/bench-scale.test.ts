import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { partsOf, withScale } from '../bench/scale.ts';
import { commandOfTarget, type KeptRun } from '../bench/target.ts';
import { keptRuns } from '../bench/target-run.ts';
import { TARGETS } from '../bench/targets.ts';

const PAGE = 'before\n<!-- scale: written by npm run bench -- --table -->\n\nold\n\n<!-- end of scale -->\nafter\n';

/** A line of that row, as far as the page reads it. */
function run(name: string, result: object): KeptRun {
  const row = TARGETS.find((each) => each.name === name);
  assert.ok(row, name);
  return { command: commandOfTarget(row), ...result } as unknown as KeptRun;
}

const RUNS = [
  run('cpu-create', { options: { buckets: 1_000 }, fill: { cpuSeconds: 10 } }),
  run('stacks-1000', {
    options: { buckets: 1_000 },
    fill: { cpuSeconds: 60, service: { total: 18_000 }, kubeWrites: 20_000 },
    writeRate: 500,
  }),
  run('memory-stacks', { options: { buckets: 10_000 }, rssMb: { before: 100, peak: 300, after: 260 } }),
  run('cpu-drift', { options: { settings: 2 }, cpuPerThousandChecks: 6 }),
  run('idle-0', { rssMb: 100, hour: { kubeCalls: 840 } }),
  run('start-0', { firstCallMs: 500 }),
  run('start-10000', { options: { buckets: 10_000 }, firstCallMs: 1_500 }),
];

test('scale: what places cost follows from the parts', () => {
  assert.deepEqual(partsOf(TARGETS, RUNS), {
    bareCpu: 0.01,
    stackCpu: 0.06,
    stackCalls: 18,
    stackWrites: 20,
    checkCpu: 0.002,
    baseMb: 100,
    eachKb: 4,
    startMs: 500,
    startEachMs: 0.1,
    writeRate: 500,
    idleCalls: 840,
  });
  const page = withScale(PAGE, TARGETS, RUNS);
  for (const line of [
    '| accounts whose whole rate one core can use while stacks are made | 3.0 |',
    '| accounts whose share for drift checks one core can use | 25.0 |',
    '| stacks a second that the API server takes | 25.0 |',
    '| RSS | 132 MB | 1,700 MB |',
    '| start to the first call | 1.3 s | 40.5 s |',
    '| all made | 3 min (rate limit; rate limit 3 min, CPU 2 min, API server 80 s) |',
    'API server 67 min) |',
    '| each object is compared once in | 5 min | 17 min |',
    '| calls that compare | 33.3 a second, 7 % of a core | 500.0 a second, 100 % of a core |',
    '| lists of what exists | 393 an hour | 19,636 an hour |',
  ]) {
    assert.ok(page.includes(line), `${line}\nin\n${page}`);
  }
  assert.ok(page.startsWith('before\n') && page.endsWith('after\n') && !page.includes('old'));
});

test('scale: what is not measured yet is named by its command, and a page without its place is refused', () => {
  assert.match(withScale(PAGE, TARGETS, RUNS.slice(1)), /Not measured yet: `npm run bench -- --idle-seconds 0`\./);
  assert.throws(() => withScale('a page', TARGETS, RUNS), /has no lines/);
});

test('scale: the page says what the runs that are kept say', () => {
  const page = readFileSync(new URL('../docs/scale.md', import.meta.url), 'utf8');
  const kept = keptRuns(new URL('../docs/performance/runs.jsonl', import.meta.url));
  assert.equal(withScale(page, TARGETS, kept), page);
});
