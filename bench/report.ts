import {
  callsOfObjects,
  EXPECTED_KUBE_CALLS,
  type ExpectedCall,
  expectedServiceCalls,
  furtherCalls,
  settingNames,
  writesOfObjects,
} from './expected-calls.ts';
import { type Counts, totalOf } from './kube-calls.ts';
import { type BenchResult, ratioOf, type Span } from './result.ts';

/** What a person reads after a run: each figure beside its target. Pure. */
export function reportOf(result: BenchResult): string {
  const { options, ready, readySeconds, limit, fewestLimit, latency, fill, idle, rssMb } = result;
  const names = settingNames(options.settings);
  const fewestCalls = sumOf(expectedServiceCalls(options.settings));
  const walls = Object.entries(limit.bounds).map(([wall, seconds]) => `${wall} ${seconds.toFixed(1)} s`);
  return [
    '',
    `${options.buckets} Buckets, ${names.length === 0 ? 'bare' : `with ${names.join(', ')}`}; ${options.latencyMs} ms a call, ${options.rate} calls a second of each of ${options.providers} account(s)`,
    ...(ready === options.buckets ? [] : [`  NOT FINISHED: only ${ready} became Ready`]),
    row('all Ready after', `${readySeconds.toFixed(1)} s`, `limit ${limit.seconds.toFixed(1)} s`),
    row('times the limit', ratioOf(result).toFixed(2), `target at most 1.3; the wall is the ${limit.wall}`),
    row('  bounds', walls.join(', '), `last object's calls ${limit.chainSeconds.toFixed(2)} s`),
    row(
      '  with the fewest calls',
      `${(readySeconds / fewestLimit.seconds).toFixed(2)} times`,
      `limit ${fewestLimit.seconds.toFixed(1)} s`,
    ),
    row('create to Ready', `p50 ${latency.p50.toFixed(1)} s, p99 ${latency.p99.toFixed(1)} s`, ''),
    row(
      'calls to the service',
      perObject(fill.service.counts, options.buckets),
      `target at most ${fewestCalls} an object`,
    ),
    ...further(fill.service.counts, expectedServiceCalls(options.settings), options.buckets),
    row(
      'calls to Kubernetes',
      perObject(fill.kube, options.buckets),
      `target at most ${sumOf(EXPECTED_KUBE_CALLS)} an object`,
    ),
    ...further(fill.kube, EXPECTED_KUBE_CALLS, options.buckets),
    row(
      'writes to Kubernetes',
      `${(writesOfObjects(fill.kube) / options.buckets).toFixed(2)} an object, ${fill.kubeWrites} in all`,
      'the Events are among them',
    ),
    row('CPU until Ready', cpu(fill.cpuSeconds, options.buckets), 'target at most 10 s per 1,000'),
    row(
      'memory',
      rssMb === undefined
        ? 'not measured'
        : `idle ${rssMb.before.toFixed(0)} MB, peak ${rssMb.peak.toFixed(0)} MB, after ${rssMb.after.toFixed(0)} MB`,
      '',
    ),
    row('start to Provider Ready', `${result.startSeconds.toFixed(1)} s`, ''),
    `then ${idle.seconds} s without a change:`,
    row('writes to Kubernetes', String(idle.kubeWrites), 'target 0, the Lease apart'),
    ...counted(idle.kube),
    row('calls to the service', String(idle.service.total), `${idle.service.writes} of them writes, target 0`),
    ...counted(idle.service.counts),
    row('CPU', idle.cpuSeconds === undefined ? 'not measured' : `${idle.cpuSeconds.toFixed(1)} s`, ''),
    shareLine(result.shape, [fill, idle]),
    '',
  ].join('\n');
}

/** One line: what it is, its value, and what to hold beside it. Pure. */
export function row(what: string, value: string, beside: string): string {
  return `  ${what.padEnd(26)} ${value}${beside === '' ? '' : `  (${beside})`}`;
}

function further(counts: Counts, expected: readonly ExpectedCall[], objects: number): readonly string[] {
  return furtherCalls(counts, expected, objects).map(({ name, perObject: each, reason }) =>
    row(`  beyond: ${name}`, `${Math.round(each * objects)} in all`, reason),
  );
}

function counted(counts: Counts): readonly string[] {
  return Object.entries(counts).map(([name, count]) => row(`  ${name}`, String(count), ''));
}

function perObject(counts: Counts, objects: number): string {
  return `${(callsOfObjects(counts) / objects).toFixed(2)} an object, ${totalOf(counts)} in all`;
}

function cpu(seconds: number | undefined, objects: number): string {
  if (seconds === undefined) return 'not measured';
  return `${seconds.toFixed(1)} s, ${((seconds / objects) * 1_000).toFixed(1)} s per 1,000`;
}

/** How many calls that are in all. Pure. */
export function sumOf(calls: readonly ExpectedCall[]): number {
  return calls.reduce((sum, { count }) => sum + count, 0);
}

/** How far others were in the way, in each span. Pure. */
export function shareLine(
  { isPinned, cores }: BenchResult['shape'],
  spans: readonly Pick<Span, 'foreignShare'>[],
): string {
  if (!isPinned) return `nothing was pinned: ${cores} core(s) shared by all`;
  const shares = spans.map(({ foreignShare }) => `${((foreignShare ?? 0) * 100).toFixed(0)} %`);
  return `others on the operator's core: ${shares.join(', then ')} of the time (the figures are only indicative where this is not near 0)`;
}
