import type { ExpectedCall } from './expected-calls.ts';
import type { Counts } from './kube-calls.ts';
import { row, shareLine, sumOf } from './report.ts';
import type { BenchResult } from './result.ts';
import { STACK_KUBE_CALLS, STACK_SERVICE_CALLS } from './stack-calls.ts';

/** What a person reads after a run of stacks: the time to a working key, and each call with its reason. Pure. */
export function stackReportOf(result: BenchResult): string {
  const { options, ready, latency, keyLatency = latency, fill, idle } = result;
  return [
    '',
    `${options.buckets} Buckets with a user and a key each, one after another; ${options.latencyMs} ms a call`,
    ...(ready === options.buckets ? [] : [`  NOT FINISHED: only ${ready} became Ready`]),
    row(
      'apply to a working key',
      `p50 ${keyLatency.p50.toFixed(2)} s, p99 ${keyLatency.p99.toFixed(2)} s`,
      'the Secret is there; target 0.8 and 1.5 s at 50 ms',
    ),
    row('apply to Ready', `p50 ${latency.p50.toFixed(2)} s, p99 ${latency.p99.toFixed(2)} s`, 'the key was tried'),
    row('calls to the service', `${sumOf(STACK_SERVICE_CALLS)} a stack are expected`, `${fill.service.total} in all`),
    ...listed(fill.service.counts, STACK_SERVICE_CALLS, ready),
    row('calls to Kubernetes', `${sumOf(STACK_KUBE_CALLS)} a stack are expected`, `${fill.kubeWrites} writes in all`),
    ...listed(fill.kube, STACK_KUBE_CALLS, ready),
    row('CPU', fill.cpuSeconds === undefined ? 'not measured' : `${fill.cpuSeconds.toFixed(1)} s`, ''),
    row('writes to Kubernetes', `${idle.kubeWrites} in ${idle.seconds} idle s`, 'target 0, the Lease apart'),
    shareLine(result.shape, [fill, idle]),
    '',
  ].join('\n');
}

/** How often each call was made for an object, beside what is expected of it; then those that nobody expected. Pure. */
export function listed(counts: Counts, expected: readonly ExpectedCall[], objects: number): readonly string[] {
  const known = expected.map(({ name, count, reason }) => {
    const each = (counts[name] ?? 0) / objects;
    return row(`  ${name}`, each.toFixed(2), `${count} expected; ${reason}`);
  });
  const others = Object.entries(counts).filter(([name]) => !expected.some((call) => call.name === name));
  return [...known, ...others.map(([name, count]) => row(`  ${name}`, (count / objects).toFixed(2), 'not expected'))];
}
