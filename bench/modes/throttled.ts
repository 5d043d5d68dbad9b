import { BUCKETS } from '../../src/api/bucket.ts';
import { callsAboutBuckets } from '../backend.ts';
import type { Cores } from '../cores.ts';
import { started } from '../existing.ts';
import { expectedServiceCalls } from '../expected-calls.ts';
import { shapeOf } from '../header.ts';
import { applyBuckets, applyProviders } from '../objects.ts';
import type { BenchOptions } from '../options.ts';
import { ReadyWatch } from '../ready-watch.ts';
import { row, shareLine, sumOf } from '../report.ts';
import { type BenchResult, type Span, type Spread, spreadOf } from '../result.ts';
import { allReady } from '../run.ts';
import { onGround, openSpan, orFailure, providersReady, settled, stopOperator } from '../stage.ts';

/** A run of `--throttled`. */
export interface ThrottledResult extends Pick<BenchResult, 'shape'> {
  readonly options: BenchOptions;
  readonly ready: number;
  readonly readySeconds: number;
  /** From the create of a Bucket to its Ready, seconds. */
  readonly latency: Spread;
  /** Calls about buckets, as many times as the fewest that would do with a service that answers. */
  readonly amplification: number;
  readonly throttled: number;
  readonly span: Span;
}

/** Makes Buckets while a share of all calls is answered 503. */
export function runThrottled(
  options: BenchOptions,
  cores: Cores,
  say: (line: string) => void,
): Promise<ThrottledResult> {
  return onGround(options, cores, say, async (ground) => {
    const { plane, backend, namespace } = ground;
    const stage = await started(ground, { DRIFT_CHECK_INTERVAL_SECONDS: '0' });
    await applyProviders(plane.admin, namespace, backend.accounts, options);
    await orFailure(stage, providersReady(stage, options.providers));
    await orFailure(stage, settled(stage));
    await backend.change({ type: 'throttle', accounts: [...backend.accounts.keys()], share: options.share / 100 });
    const watch = new ReadyWatch(plane.admin, BUCKETS, namespace);
    await watch.start();
    const span = await openSpan(stage);
    const asked = await applyBuckets(plane.admin, namespace, options, () => false);
    const firstMs = Math.min(...asked.values());
    await orFailure(stage, allReady(stage, watch, firstMs));
    await orFailure(stage, settled(stage));
    const { calls, span: counted } = await span();
    await watch.stop();
    await stopOperator(stage);
    const seconds = [...watch.readyMs].map(([name, ms]) => (ms - (asked.get(name) ?? ms)) / 1_000);
    return {
      options,
      shape: shapeOf(cores),
      ready: watch.readyMs.size,
      readySeconds: (Math.max(...watch.readyMs.values()) - firstMs) / 1_000,
      latency: spreadOf(seconds),
      amplification: callsAboutBuckets(calls) / (options.buckets * sumOf(expectedServiceCalls(options.settings))),
      throttled: calls.filter(({ name }) => name.includes('SlowDown')).length,
      span: counted,
    };
  });
}

/** What must never be. Pure. */
export function throttledDefects({ ready, options: { buckets } }: ThrottledResult): readonly string[] {
  return ready < buckets ? [`only ${ready} of ${buckets} Buckets became Ready`] : [];
}

/** What a person reads. Pure. */
export function throttledReportOf(result: ThrottledResult): string {
  const { options, readySeconds, latency, amplification, throttled, span, shape } = result;
  const floor = 1 / (1 - options.share / 100);
  return [
    '',
    `${options.buckets} Buckets of a service that answers 503 to ${options.share} % of the calls; ${options.latencyMs} ms a call, ${options.rate} calls a second`,
    ...throttledDefects(result).map((defect) => `  DEFECT: ${defect}`),
    row('all Ready after', `${readySeconds.toFixed(1)} s`, ''),
    row('create to Ready', `p50 ${latency.p50.toFixed(1)} s, p99 ${latency.p99.toFixed(1)} s`, ''),
    row(
      'times the fewest calls',
      amplification.toFixed(2),
      `target at most ${(1.19 * floor).toFixed(2)}; below ${floor.toFixed(2)} nobody can be`,
    ),
    row('calls answered 503', String(throttled), `${span.service.total} calls in all`),
    row('CPU', span.cpuSeconds === undefined ? 'not measured' : `${span.cpuSeconds.toFixed(1)} s`, ''),
    shareLine(shape, [span]),
    '',
  ].join('\n');
}
