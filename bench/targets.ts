import { callsOfObjects } from './expected-calls.ts';
import type { DeletionResult } from './modes/delete.ts';
import type { DriftResult } from './modes/drift.ts';
import type { AtOnceResult } from './modes/stacks-at-once.ts';
import { type BenchResult, ratioOf } from './result.ts';
import type { RotationResult } from './rotation-result.ts';
import { type Target, target } from './target.ts';

/** A run may take the limit and a ninth of it. */
const MOST_TIMES = 1 / 0.9;
const BARE = { argv: ['--idle-seconds', '0'], runs: 3, minutes: 2 };
const STACKS_10K = { argv: ['--stacks-at-once', '--buckets', '10000', '--providers', '10'], runs: 1, minutes: 25 };
const DRIFT = { argv: ['--drift'], runs: 1, minutes: 8 };

/** The figures that are to be reached, in the order of the table. */
export const TARGETS: readonly Target[] = [
  target<BenchResult>({
    name: 'bare-1000',
    figure: '1,000 bare Buckets Ready, 50 ms a call, 100 calls a second',
    target: 'limit / 0.9',
    law: 'linear',
    ...BARE,
    read: (result) => timeAndRatio(result.readySeconds, ratioOf(result)),
  }),
  target<BenchResult>({
    name: 'bare-1000-uncapped',
    figure: 'the same at 1,000 calls a second, 256 in flight',
    target: '≤ 12 s',
    law: 'linear',
    argv: ['--rate', '1000', '--in-flight', '256', '--idle-seconds', '0'],
    runs: 3,
    minutes: 2,
    read: ({ readySeconds }) => [{ value: readySeconds, unit: 's', digits: 1, most: 12 }],
  }),
  target<BenchResult>({
    name: 'bare-10000',
    figure: '10,000 bare Buckets Ready, 10 accounts',
    target: '≤ 150 s',
    law: 'linear',
    argv: ['--buckets', '10000', '--providers', '10', '--idle-seconds', '0'],
    runs: 1,
    minutes: 6,
    read: ({ readySeconds }) => [{ value: readySeconds, unit: 's', digits: 1, most: 150 }],
  }),
  target<AtOnceResult>({
    name: 'stacks-1000',
    figure: '1,000 stacks Ready and their keys work, 100 calls a second',
    target: 'limit / 0.9',
    law: 'linear',
    argv: ['--stacks-at-once'],
    runs: 3,
    minutes: 5,
    read: ({ readySeconds, limit }) => timeAndRatio(readySeconds, readySeconds / limit.seconds),
  }),
  target<BenchResult>({
    name: 'efficiency-100',
    figure: 'limit / measured at 100 calls a second',
    target: '≥ 0.9',
    law: 'constant',
    ...BARE,
    read: (result) => [{ value: 1 / ratioOf(result), unit: '', digits: 2, least: 0.9 }],
  }),
  target<BenchResult>({
    name: 'efficiency-500',
    figure: 'limit / measured at 500 calls a second',
    target: '≥ 0.8',
    law: 'constant',
    argv: ['--rate', '500', '--in-flight', '64', '--idle-seconds', '0'],
    runs: 3,
    minutes: 2,
    read: (result) => [{ value: 1 / ratioOf(result), unit: '', digits: 2, least: 0.8 }],
  }),
  target<BenchResult>({
    name: 'single-stack',
    figure: 'one stack, from the create to the Secret with its key',
    target: 'p50 ≤ 0.8 s, p99 ≤ 1.5 s',
    law: 'constant',
    argv: ['--stacks', '--idle-seconds', '0'],
    runs: 3,
    minutes: 2,
    read: ({ keyLatency }) => [
      { what: 'p50', value: keyLatency?.p50, unit: 's', digits: 2, most: 0.8 },
      { what: 'p99', value: keyLatency?.p99, unit: 's', digits: 2, most: 1.5 },
    ],
  }),
  target<BenchResult>({
    name: 'service-calls',
    figure: 'calls to the service for a bare Bucket',
    target: '4',
    law: 'constant',
    ...BARE,
    read: ({ fill, options }) => [
      { value: callsOfObjects(fill.service.counts) / options.buckets, unit: '', digits: 2, most: 4 },
    ],
  }),
  target<DriftResult>({
    name: 'sweep-calls',
    figure: 'calls to the service for a Bucket with two settings and drift interval',
    target: '≤ 4: three reads, and the lists of what exists',
    law: 'N·g/I, capped',
    ...DRIFT,
    read: ({ sweepCallsPerMinute, options }) => {
      const sweepsPerMinute = 60 / options.driftSeconds;
      return [{ value: sweepCallsPerMinute / sweepsPerMinute / options.buckets, unit: '', digits: 2, most: 4 }];
    },
  }),
  target<BenchResult>({
    name: 'kube-calls',
    figure: 'calls to Kubernetes for a bare Bucket',
    target: '≤ 4',
    law: 'constant',
    ...BARE,
    read: ({ fill, options }) => [{ value: callsOfObjects(fill.kube) / options.buckets, unit: '', digits: 2, most: 4 }],
  }),
  target<BenchResult>({
    name: 'cpu-create',
    figure: 'CPU for 1,000 bare creates',
    target: '≤ 10 s',
    law: 'constant',
    ...BARE,
    read: ({ fill, options }) => [
      {
        value: fill.cpuSeconds === undefined ? undefined : (fill.cpuSeconds / options.buckets) * 1_000,
        unit: 's',
        digits: 1,
        most: 10,
      },
    ],
  }),
  target<DriftResult>({
    name: 'cpu-drift',
    figure: 'CPU for 1,000 drift checks of three reads each',
    target: '≤ 6 s',
    law: 'constant',
    ...DRIFT,
    read: ({ cpuPerThousandChecks }) => [{ value: cpuPerThousandChecks, unit: 's', digits: 1, most: 6 }],
  }),
  target<AtOnceResult>({
    name: 'memory-stacks',
    figure: 'RSS with 10,000 stacks, the most while they were made',
    target: '≤ 260 MB',
    law: 'at most 4 KB an object',
    ...STACKS_10K,
    read: ({ rssMb }) => [{ value: rssMb?.peak, unit: 'MB', most: 260 }],
  }),
  target<DriftResult>({
    name: 'drift-repair',
    figure: 'from the change outside to its repair, p95',
    target: 'deletion ≤ 61 s, setting ≤ 0.95·I + 2 s',
    law: 'constant; N·g/(s·R)',
    ...DRIFT,
    read: ({ deletedSeconds, changedSeconds, options }) => [
      { what: 'deletion', value: deletedSeconds.p95, unit: 's', digits: 1, most: 61 },
      { what: 'setting', value: changedSeconds.p95, unit: 's', digits: 1, most: 0.95 * options.driftSeconds + 2 },
    ],
  }),
  target<AtOnceResult>({
    name: 'events',
    figure: 'Event objects after 10,000 stacks, for each of their four objects',
    target: '≤ 2 a real change',
    law: 'changes, not time',
    ...STACKS_10K,
    read: ({ events, options }) => [{ value: events / options.buckets / 4, unit: '', digits: 2, most: 2 }],
  }),
  target<AtOnceResult>({
    name: 'loop-lag',
    figure: 'event loop lag while 10,000 stacks are made, p99',
    target: '≤ 20 ms',
    law: 'constant',
    ...STACKS_10K,
    read: ({ loopLagMs }) => [{ value: loopLagMs?.p99, unit: 'ms', digits: 1, most: 20 }],
  }),
  target<RotationResult>({
    name: 'rotations',
    figure: 'rotation of 1,000 keys, 100 calls a second: due to Secret switched',
    target: 'limit / 0.9',
    law: 'linear',
    argv: ['--rotations', '--rate', '100', '--control-plane', 'real'],
    runs: 3,
    minutes: 4,
    read: ({ seconds, ratio }) => timeAndRatio(seconds, ratio),
  }),
  target<DeletionResult>({
    name: 'delete',
    figure: 'calls to delete 1,000 buckets of 1,000 objects each',
    target: '≤ 4,000',
    law: 'constant a bucket',
    argv: ['--delete', '--bucket-objects', '1000'],
    runs: 3,
    minutes: 3,
    read: ({ callsPerBucket, options }) => [{ value: callsPerBucket * options.buckets, unit: '', most: 4_000 }],
  }),
];

function timeAndRatio(seconds: number, ratio: number): ReturnType<Target['read']> {
  return [
    { value: seconds, unit: 's', digits: 1 },
    { what: 'times the limit', value: ratio, unit: '', digits: 2, most: MOST_TIMES },
  ];
}
