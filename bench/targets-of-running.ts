import { type BrokenProviderResult, slowdownOf } from './modes/broken-provider.ts';
import type { DeletionResult } from './modes/delete.ts';
import { type DriftResult, sweepSeconds } from './modes/drift.ts';
import { type FailOverResult, MOST_GAP_SECONDS } from './modes/fail-over.ts';
import type { IdleResult } from './modes/idle.ts';
import type { RestartResult } from './modes/restart.ts';
import type { AtOnceResult } from './modes/stacks-at-once.ts';
import type { ThrottledResult } from './modes/throttled.ts';
import type { BenchResult } from './result.ts';
import type { RotationResult } from './rotation-result.ts';
import { type Target, target, timeAndRatio } from './target.ts';

const BARE = { argv: ['--idle-seconds', '0'], runs: 3, minutes: 2 };
const STACKS_10K = { argv: ['--stacks-at-once', '--buckets', '10000', '--providers', '10'], runs: 1, minutes: 25 };
const DRIFT = { argv: ['--drift'], runs: 1, minutes: 8 };
const RESTART_10K = { argv: ['--restart', '--buckets', '9990', '--providers', '10'], runs: 1, minutes: 6 };
const IDLE_NONE = { argv: ['--idle', '--buckets', '0'], runs: 1, minutes: 11 };
const IDLE_STACKS = { argv: ['--idle', '--auto-manage'], runs: 1, minutes: 14 };

/** What an operator needs while it runs, and how soon it does what it must. */
export const TARGETS_OF_RUNNING: readonly Target[] = [
  target<IdleResult>({
    name: 'steady-writes',
    figure: 'writes to Kubernetes and the service while nothing changes, 1,000 stacks',
    target: '0',
    law: 'zero',
    ...IDLE_STACKS,
    read: ({ span }) => [{ value: span.kubeWrites + span.service.writes, unit: '', most: 0 }],
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
  target<RestartResult>({
    name: 'cpu-no-op',
    figure: 'CPU for 1,000 passes that change nothing, each with a read of the service',
    target: '≤ 0.1 s, and what the read costs',
    law: 'constant',
    ...RESTART_10K,
    read: ({ cpuPerThousandPasses }) => [{ value: cpuPerThousandPasses, unit: 's', digits: 2, most: 0.1 }],
  }),
  target<IdleResult>({
    name: 'memory-0',
    figure: 'RSS without objects',
    target: '≤ 100 MB',
    law: 'constant',
    ...IDLE_NONE,
    read: ({ rssMb }) => [{ value: rssMb, unit: 'MB', most: 100 }],
  }),
  target<RestartResult>({
    name: 'memory-10000',
    figure: 'RSS with 10,000 bare Buckets',
    target: '≤ 140 MB',
    law: 'at most 4 KB an object',
    ...RESTART_10K,
    read: ({ rssMb }) => [{ value: rssMb, unit: 'MB', most: 140 }],
  }),
  target<AtOnceResult>({
    name: 'memory-stacks',
    figure: 'RSS with 10,000 stacks, the most while they were made',
    target: '≤ 260 MB',
    law: 'at most 4 KB an object',
    ...STACKS_10K,
    read: ({ rssMb }) => [{ value: rssMb?.peak, unit: 'MB', most: 260 }],
  }),
  target<RestartResult>({
    name: 'start-0',
    figure: 'start of the process to its first call, no objects',
    target: '≤ 0.8 s',
    law: 'constant',
    argv: ['--restart', '--buckets', '0'],
    runs: 3,
    minutes: 1,
    read: ({ firstCallMs }) => [{ value: firstCallMs / 1_000, unit: 's', digits: 2, most: 0.8 }],
  }),
  target<RestartResult>({
    name: 'start-10000',
    figure: 'start of the process to its first call, and to that of a new Bucket, 10,000 Buckets',
    target: 'first call ≤ 2.5 s',
    law: 'LIST ≈ 40 µs an object',
    ...RESTART_10K,
    read: ({ firstCallMs, newObjectMs }) => [
      { what: 'first', value: firstCallMs / 1_000, unit: 's', digits: 2, most: 2.5 },
      { what: 'new Bucket', value: newObjectMs / 1_000, unit: 's', digits: 2 },
    ],
  }),
  target<FailOverResult>({
    name: 'fail-over',
    figure: 'last call of the old leader to the first of the new',
    target: 'SIGTERM ≤ 2 s, SIGKILL ≤ 16 s, 0 made twice',
    law: 'constant',
    argv: ['--fail-over'],
    runs: 3,
    minutes: 2,
    read: ({ failOvers }) => [
      ...failOvers.map(({ end, gapSeconds }) => ({
        what: end,
        value: gapSeconds,
        unit: 's',
        digits: 2,
        most: MOST_GAP_SECONDS[end],
      })),
      {
        what: 'made twice',
        value: failOvers.reduce((sum, { duplicates, extraKeys }) => sum + duplicates + extraKeys, 0),
        unit: '',
        most: 0,
      },
    ],
  }),
  target<DriftResult>({
    name: 'drift-repair',
    figure: 'from the change outside to its repair, p95',
    target: 'deletion ≤ 61 s, setting ≤ 0.95·I + 2 s',
    law: 'constant; N·g/(s·R)',
    ...DRIFT,
    read: ({ deletedSeconds, changedSeconds, options }) => [
      { what: 'deletion', value: deletedSeconds.p95, unit: 's', digits: 1, most: 61 },
      { what: 'setting', value: changedSeconds.p95, unit: 's', digits: 1, most: 0.95 * sweepSeconds(options) + 2 },
    ],
  }),
  target<IdleResult>({
    name: 'idle-0',
    figure: 'an hour of two replicas without objects',
    target: '≤ 1,000 calls to Kubernetes, ≤ 120 to the service, ≤ 15 s of CPU',
    law: 'kinds and Providers',
    ...IDLE_NONE,
    read: ({ hour }) => [
      { what: 'Kubernetes', value: hour.kubeCalls, unit: '', most: 1_000 },
      { what: 'service', value: hour.serviceCalls, unit: '', most: 120 },
      { what: 'CPU', value: hour.cpuSeconds, unit: 's', digits: 1, most: 15 },
    ],
  }),
  target<IdleResult>({
    name: 'idle-stacks',
    figure: 'an hour of two replicas with 1,000 stacks',
    target: '≤ 1,000 calls to Kubernetes',
    law: 'constant for Kubernetes',
    ...IDLE_STACKS,
    read: ({ hour }) => [
      { what: 'Kubernetes', value: hour.kubeCalls, unit: '', most: 1_000 },
      { what: 'service', value: hour.serviceCalls, unit: '' },
      { what: 'CPU', value: hour.cpuSeconds, unit: 's', digits: 1 },
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
  target<ThrottledResult>({
    name: 'amplification',
    figure: 'calls while 30 % are answered 503, as many times as the fewest',
    target: '≤ 1.7 (no fewer than 1.43)',
    law: '1/(1−p)',
    argv: ['--throttled'],
    runs: 3,
    minutes: 2,
    read: ({ amplification }) => [{ value: amplification, unit: '', digits: 2, most: 1.7 }],
  }),
  target<BrokenProviderResult>({
    name: 'broken-provider',
    figure: 'Buckets of nine Providers beside one that is broken, p99 of create to Ready, times as long',
    target: '≤ 1.2',
    law: 'constant',
    argv: ['--broken-provider'],
    runs: 3,
    minutes: 2,
    read: (result) => [{ value: slowdownOf(result).p99, unit: '', digits: 2, most: 1.2 }],
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
