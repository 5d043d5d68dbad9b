import { PROVIDER_DEFAULTS } from '../src/api/provider-connection.ts';
import { ROTATION_CALLS, ROTATION_KUBE_CALLS } from './key-calls.ts';
import { row, shareLine, sumOf } from './report.ts';
import { allowedIn, defectsOf, leastSecondsOf, MOST_TIMES, type RotationResult } from './rotation-result.ts';
import { listed } from './stack-report.ts';

const { requestsPerSecond: DEFAULT_RATE } = PROVIDER_DEFAULTS;

/** What a person reads after a run of rotations. Pure. */
export function rotationReportOf(result: RotationResult): string {
  const { options, seconds, wait, leastSeconds, ratio, peak, mostKeys, span, shape } = result;
  const { keys, rate, latencyMs, inFlight } = options;
  const calls = span.service.total;
  const fewest = keys * sumOf(ROTATION_CALLS);
  return [
    '',
    `${keys} keys that are due at the same time; ${latencyMs} ms a call, ${rate} calls a second, ${inFlight} at a time`,
    ...defectsOf(result).map((defect) => `  DEFECT: ${defect}`),
    row(
      'all switched after',
      `${seconds.toFixed(1)} s`,
      `${fewest} calls at that rate take ${leastSeconds.toFixed(1)} s`,
    ),
    row('times the limit', ratio.toFixed(2), `${ratio > MOST_TIMES ? 'OVER THE ' : ''}target at most ${MOST_TIMES}`),
    row('due to switched', `p50 ${wait.p50.toFixed(1)} s, p99 ${wait.p99.toFixed(1)} s`, ''),
    row(
      `at ${DEFAULT_RATE} calls a second`,
      `${(leastSecondsOf(fewest, DEFAULT_RATE) * ratio).toFixed(0)} s`,
      'the rate of a Provider that says nothing; worked out, not measured',
    ),
    row('calls in any second', String(peak.second), `at most ${allowedIn(1, rate)}: the burst, and a second`),
    row('calls in any ten', String(peak.tenSeconds), `at most ${allowedIn(10, rate)}`),
    row('calls to the service', `${sumOf(ROTATION_CALLS)} a key are expected`, `${calls} in all`),
    ...listed(span.service.counts, ROTATION_CALLS, keys),
    row('writes to Kubernetes', `${(span.kubeWrites / keys).toFixed(2)} a key`, `${span.kubeWrites} in all`),
    ...listed(span.kube, ROTATION_KUBE_CALLS, keys),
    row('keys of a user', `${mostKeys} at most`, 'at any instant'),
    row('working keys', `${result.authenticated} of ${keys} Secrets`, 'a call that each signed was answered'),
    row('CPU', span.cpuSeconds === undefined ? 'not measured' : `${span.cpuSeconds.toFixed(1)} s`, ''),
    shareLine(shape, [span]),
    '',
  ].join('\n');
}
