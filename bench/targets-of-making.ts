import { callsOfObjects } from './expected-calls.ts';
import type { BacklogResult } from './modes/backlog.ts';
import type { DriftResult } from './modes/drift.ts';
import type { AtOnceResult } from './modes/stacks-at-once.ts';
import { type BenchResult, ratioOf } from './result.ts';
import { type Target, target, timeAndRatio } from './target.ts';

const BARE = { argv: ['--idle-seconds', '0'], runs: 3, minutes: 2 };
const DRIFT = { argv: ['--drift'], runs: 1, minutes: 8 };

/** Beside 1,000 and 10,000 Buckets: how it grows with their number. */
const GROWTH = [
  { buckets: 100, providers: 1, minutes: 1 },
  { buckets: 3_000, providers: 3, minutes: 2 },
].map(({ buckets, providers, minutes }) =>
  target<BenchResult>({
    name: `bare-${buckets}`,
    figure: `${buckets.toLocaleString('en')} bare Buckets Ready, 100 calls a second for each thousand`,
    target: 'limit / 0.9',
    law: 'linear',
    argv: ['--buckets', String(buckets), '--providers', String(providers), '--idle-seconds', '0'],
    runs: 1,
    minutes,
    read: (result) => timeAndRatio(result.readySeconds, ratioOf(result)),
  }),
);

/** How fast objects are made, and what each costs. */
export const TARGETS_OF_MAKING: readonly Target[] = [
  ...GROWTH,
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
    minutes: 1,
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
    minutes: 4,
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
    minutes: 1,
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
  target<BacklogResult>({
    name: 'new-object',
    figure:
      'a new Bucket in front of 10,000 of its account that wait at the start: create to the first call, p99 of 100',
    target: '≤ 100 ms',
    law: 'constant',
    argv: ['--backlog'],
    runs: 1,
    minutes: 5,
    read: ({ newMs, answerMs }) => [
      { value: newMs.p99, unit: 'ms', most: 100 },
      { what: 'the API server alone', value: answerMs.p99, unit: 'ms' },
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
    // One event is of each Provider.
    read: ({ fill, options }) => [
      { value: (callsOfObjects(fill.kube) - options.providers) / options.buckets, unit: '', digits: 2, most: 4 },
    ],
  }),
];
