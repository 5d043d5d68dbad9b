import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growthMisses, growthPanels, growthRuns, lineThrough } from '../bench/growth.ts';
import type { KeptRun } from '../bench/target.ts';
import { growthPicture } from '../scripts/pictures/growth.ts';

/** A run as it is kept, with so much CPU and memory in the end. */
function run(buckets: number, cpuSeconds: number, after: number, more: Partial<KeptRun> = {}): KeptRun {
  const options = { buckets, settings: 0, rate: 100, inFlight: 16, controlPlane: 'real' } as const;
  const fill = { service: { total: 4 * buckets }, kube: { create: buckets, patch: 3 * buckets }, cpuSeconds };
  const figures = {
    readySeconds: buckets / 20,
    limit: { seconds: buckets / 25 },
    fill,
    rssMb: { peak: after + 20, after },
  };
  const shape = { cores: 2, isPinned: true, node: 'v24', platform: 'linux x64' };
  const header = { mode: 'buckets', commit: 'c', operator: 'abc', at: '2026-01-01', options, shape, command: '' };
  return { ...header, ...figures, ...more };
}

test('growth: a line has the least squares, and one size is no law', () => {
  const points = [0, 1, 2, 3].map((objects) => ({ objects, value: 5 + 2 * objects }));
  assert.deepEqual(lineThrough(points), { base: 5, each: 2 });
  const bent = [...points, { objects: 4, value: 23 }];
  assert.deepEqual(lineThrough(bent), { base: 3, each: 4 });
  assert.throws(() => lineThrough([{ objects: 1, value: 1 }]), RangeError);
});

test('growth: tells of the last run of each size of one operator, at one rate', () => {
  const old = run(100, 9, 9, { operator: 'old' });
  const other = run(3_000, 9, 9, { mode: 'stacks' });
  const found = growthRuns([old, run(1_000, 10, 104), run(100, 2, 100), other, run(100, 1, 100)]);
  assert.deepEqual(
    found.map(({ options, fill }) => [options.buckets, fill.cpuSeconds]),
    [
      [1_000, 10],
      [100, 1],
    ],
  );
  assert.deepEqual(growthRuns([run(100, 1, 100), run(100, 2, 100)]), []);
});

test('growth: says what each object costs, and what is too much', () => {
  const kilobyte = 1 / 1_024;
  const at = (each: number, cpuEach: number) =>
    growthPanels(growthRuns([100, 1_000, 10_000].map((n) => run(n, n * cpuEach, 100 + n * each * kilobyte))));
  const [time, calls, cpu, memory] = at(3, 0.01).map(({ law }) => law);
  assert.equal(time, '1.25 times the limit at most');
  assert.equal(calls, '4.00 to the service and 4.00 to Kubernetes for each');
  assert.equal(cpu, '10.0 ms for each; 1.00 times at 10000 of at 1000');
  assert.equal(memory, '100 MB, and 3.0 KB for each');
  assert.deepEqual(growthMisses(at(3, 0.01)), []);
  assert.match(growthMisses(at(4.1, 0.01)).join(), /RSS, MB: .*4\.1 KB for each, 4 missed/);
  const dearer = [run(1_000, 10, 100), run(10_000, 111, 100)];
  assert.match(growthMisses(growthPanels(growthRuns(dearer))).join(), /1\.11 times at 10000 of at 1000, 1\.1 missed/);
});

test('growth: a picture has a panel for each law, and every point in it', () => {
  const picture = growthPicture(growthPanels(growthRuns([run(100, 1, 100), run(1_000, 10, 104)])));
  assert.equal(picture.match(/class="title"/g)?.length, 4);
  assert.equal(picture.match(/<circle/g)?.length, 2 * (2 + 2 + 1 + 2));
  assert.doesNotMatch(picture, /NaN|Infinity|undefined/);
});
