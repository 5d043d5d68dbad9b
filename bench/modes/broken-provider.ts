import { BUCKETS } from '../../src/api/bucket.ts';
import type { Cores } from '../cores.ts';
import { started } from '../existing.ts';
import { shapeOf } from '../header.ts';
import { applyBuckets, applyProviders, bucketName } from '../objects.ts';
import type { BenchOptions } from '../options.ts';
import { ReadyWatch } from '../ready-watch.ts';
import { row, shareLine } from '../report.ts';
import { type BenchResult, type Span, type Spread, spreadOf } from '../result.ts';
import { onGround, openSpan, orFailure, providersReady, settled, stopOperator, waited } from '../stage.ts';

/** One of two runs: how the Buckets of the good Providers fared. Times in seconds. */
export interface GoodOnes {
  readonly ready: number;
  readonly readySeconds: number;
  readonly latency: Spread;
  /** Calls that the broken Provider got. */
  readonly brokenCalls: number;
  readonly span: Span;
}

/** A run of `--broken-provider`. */
export interface BrokenProviderResult extends Pick<BenchResult, 'shape'> {
  readonly options: BenchOptions;
  /** Buckets of all Providers but the one that is broken. */
  readonly good: number;
  readonly alone: GoodOnes;
  readonly besideBroken: GoodOnes;
}

/** Makes Buckets of several Providers, first with all of them good, then with the last one answering 503 to everything. */
export async function runBrokenProvider(
  options: BenchOptions,
  cores: Cores,
  say: (line: string) => void,
): Promise<BrokenProviderResult> {
  const alone = await runOnce(options, cores, say, 0);
  const besideBroken = await runOnce(options, cores, say, 1);
  return { options, shape: shapeOf(cores), good: goodNames(options).size, alone, besideBroken };
}

function runOnce(options: BenchOptions, cores: Cores, say: (line: string) => void, share: number): Promise<GoodOnes> {
  return onGround(options, cores, say, async (ground) => {
    const { plane, backend, namespace } = ground;
    const broken = options.providers - 1;
    const stage = await started(ground);
    await applyProviders(plane.admin, namespace, backend.accounts, options);
    await orFailure(stage, providersReady(stage, options.providers));
    await orFailure(stage, settled(stage));
    await backend.change({ type: 'throttle', accounts: [broken], share });
    const good = goodNames(options);
    const watch = new ReadyWatch(plane.admin, BUCKETS, namespace, ({ metadata, status }) => {
      const isReady = status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True');
      return isReady === true && good.has(metadata.name) ? metadata.name : undefined;
    });
    await watch.start();
    const span = await openSpan(stage);
    const asked = await applyBuckets(plane.admin, namespace, options, () => false);
    await orFailure(
      stage,
      waited(stage, 'good ones Ready', () => watch.readyMs.size, good.size),
    );
    const { calls, span: counted } = await span();
    await watch.stop();
    await stopOperator(stage);
    const seconds = [...watch.readyMs].map(([name, ms]) => (ms - (asked.get(name) ?? ms)) / 1_000);
    return {
      ready: watch.readyMs.size,
      readySeconds: (Math.max(...watch.readyMs.values()) - Math.min(...asked.values())) / 1_000,
      latency: spreadOf(seconds),
      brokenCalls: calls.filter(({ account }) => account === broken).length,
      span: counted,
    };
  });
}

/** All but those of the last Provider: Buckets go round. Pure. */
export function goodNames({ buckets, providers }: Pick<BenchOptions, 'buckets' | 'providers'>): ReadonlySet<string> {
  const indices = Array.from({ length: buckets }, (_, index) => index);
  return new Set(indices.filter((index) => index % providers !== providers - 1).map(bucketName));
}

/** How many times as long the good ones take beside a broken one: the slowest in a hundred, and all. Pure. */
export function slowdownOf({ alone, besideBroken }: BrokenProviderResult): {
  readonly p99: number;
  readonly all: number;
} {
  return {
    p99: besideBroken.latency.p99 / alone.latency.p99,
    all: besideBroken.readySeconds / alone.readySeconds,
  };
}

/** What must never be. Pure. */
export function brokenProviderDefects({ good, alone, besideBroken }: BrokenProviderResult): readonly string[] {
  return [
    ...(alone.ready < good ? [`only ${alone.ready} of ${good} Buckets became Ready`] : []),
    ...(besideBroken.ready < good ? [`only ${besideBroken.ready} of ${good} became Ready beside the broken one`] : []),
  ];
}

/** What a person reads. Pure. */
export function brokenProviderReportOf(result: BrokenProviderResult): string {
  const { options, good, alone, besideBroken, shape } = result;
  const slowdown = slowdownOf(result);
  const line = ({ readySeconds, latency }: GoodOnes) =>
    `${readySeconds.toFixed(1)} s, p50 ${latency.p50.toFixed(1)} s, p99 ${latency.p99.toFixed(1)} s`;
  return [
    '',
    `${good} Buckets of ${options.providers - 1} good Providers, beside one that answers 503 to everything; ${options.latencyMs} ms a call, ${options.rate} calls a second of each`,
    ...brokenProviderDefects(result).map((defect) => `  DEFECT: ${defect}`),
    row('Ready with all good', line(alone), ''),
    row('Ready beside a broken one', line(besideBroken), ''),
    row('times as long', `p99 ${slowdown.p99.toFixed(2)}, all ${slowdown.all.toFixed(2)}`, 'target p99 at most 1.2'),
    row('calls to the broken one', String(besideBroken.brokenCalls), `${alone.brokenCalls} when it is good`),
    shareLine(shape, [alone.span, besideBroken.span]),
    '',
  ].join('\n');
}
