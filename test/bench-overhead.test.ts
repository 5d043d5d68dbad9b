import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shapeOf } from '../bench/header.ts';
import { parseOptions } from '../bench/options.ts';
import { overheadReportOf } from '../bench/overhead-report.ts';
import { type OverheadResult, type OverheadRound, overheadOf } from '../bench/overhead-result.ts';
import { runOverhead } from '../bench/overhead-run.ts';
import { benchProblem } from './support/bench-problem.ts';

const BUCKETS = 5;
/** Nothing is pinned: the test shares its process. */
const cores = { count: 1, operator: undefined, others: [] };

function resultWith(pairs: readonly (readonly [everything: number | undefined, nothing: number])[]): OverheadResult {
  const round = (index: number, telling: OverheadRound['telling'], cpuSeconds: number | undefined): OverheadRound => {
    const told = telling === 'everything' ? { spans: 100, scrapes: 3 } : { spans: 0, scrapes: 0 };
    return { round: index, telling, cpuSeconds, foreignShare: 0, ...told };
  };
  const rounds = pairs.flatMap(([everything, nothing], index) => [
    round(index, 'everything', everything),
    round(index, 'nothing', nothing),
  ]);
  return { options: parseOptions(['--overhead']), shape: shapeOf(cores), rounds };
}

test('overhead: of each round the share beside the one that tells nothing, and the median of all', () => {
  const overhead = overheadOf(
    resultWith([
      [10.2, 10],
      [11, 10],
      [4.9, 5],
    ]),
  );
  assert.ok(overhead);
  assert.deepEqual(
    [overhead.least, overhead.median, overhead.most].map((share) => share.toFixed(3)),
    ['-0.020', '0.020', '0.100'],
  );
  assert.equal(
    overheadOf(
      resultWith([
        [2.2, 2],
        [2.6, 2],
      ]),
    )?.median.toFixed(2),
    '0.20',
  );
  assert.equal(overheadOf(resultWith([[undefined, 2]])), undefined);
});

test('overhead: the report has the figure, its target, and what was told', () => {
  const report = overheadReportOf(resultWith([[10.2, 10]]));
  assert.match(report, /more CPU +2\.0 % in the median, 2\.0 % to 2\.0 % {2}\(target at most 5\.0 %\)/);
  assert.match(report, /spans +100 /);
  assert.match(overheadReportOf(resultWith([[undefined, 1]])), /more CPU +not measured/);
});

test('overhead: options', () => {
  const plain = parseOptions(['--overhead']);
  assert.deepEqual([plain.buckets, plain.rounds, plain.controlPlane, plain.rate], [1_000, 4, 'dev', 1_000]);
  const own = parseOptions(['--overhead', '--quick', '--buckets', '7', '--control-plane', 'real']);
  assert.deepEqual([own.buckets, own.rounds, own.controlPlane], [7, 1, 'real']);
  assert.match(benchProblem('--overhead', '--stacks'), /--stacks with --overhead/);
});

test(`overhead: ${BUCKETS} Buckets, by an operator that tells everything, and by one that tells nothing`, async () => {
  const options = parseOptions(['--overhead', '--rounds', '1', '--buckets', String(BUCKETS), '--latency-ms', '1']);
  const { rounds } = await runOverhead(options, cores, () => undefined);
  assert.deepEqual(
    rounds.map(({ telling }) => telling),
    ['nothing', 'everything'],
  );
  const [nothing, everything] = rounds;
  assert.deepEqual([nothing?.spans, nothing?.scrapes], [0, 0]);
  // A pass that makes a Bucket, the four calls in it, and those that delete it.
  assert.ok((everything?.spans ?? 0) >= BUCKETS * 8, `${everything?.spans} spans`);
  assert.ok((everything?.scrapes ?? 0) >= 1);
});
