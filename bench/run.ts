import { setTimeout as delay } from 'node:timers/promises';
import { BUCKETS } from '../src/api/bucket.ts';
import { SECRETS } from '../src/api/core-types.ts';
import type { Cores } from './cores.ts';
import { applyBuckets, applyProviders, measureWriteRate } from './objects.ts';
import type { BenchOptions } from './options.ts';
import { deliveredFor, ReadyWatch } from './ready-watch.ts';
import type { BenchResult } from './result.ts';
import { type Measured, resultOf } from './result-of.ts';
import { onGround, openSpan, orFailure, providersReady, type Stage, settled, stopOperator, waited } from './stage.ts';

/** Measures once. @param say gets progress, one line at a time @throws Error when a part does not start or the operator ends */
export async function runBench(options: BenchOptions, cores: Cores, say: (line: string) => void): Promise<BenchResult> {
  return onGround(options, cores, say, async (ground) => {
    const { plane, backend, namespace } = ground;
    const writeRate = await measureWriteRate(plane.admin);
    say(`the API server takes ${Math.round(writeRate)} writes a second of custom resources`);
    const startedMs = performance.now();
    const stage: Stage = { ...ground, operator: ground.startOperator() };
    await applyProviders(plane.admin, namespace, backend.accounts, options);
    await orFailure(stage, providersReady(stage, options.providers));
    const startSeconds = (performance.now() - startedMs) / 1_000;
    const measured = await orFailure(stage, measure(stage));
    await stopOperator(stage);
    return resultOf(options, cores, { ...measured, writeRate, startSeconds });
  });
}

async function measure(stage: Stage): Promise<Omit<Measured, 'writeRate' | 'startSeconds'>> {
  const { options, plane, operator, namespace, say } = stage;
  await settled(stage);
  const before = await operator.usage();
  operator.takePeakRssMb();
  const watch = new ReadyWatch(plane.admin, BUCKETS, namespace);
  const deliveries = new ReadyWatch(plane.admin, SECRETS, namespace, deliveredFor);
  await Promise.all([watch.start(), deliveries.start()]);
  const fillSpan = await openSpan(stage);
  const askedMs = await applyBuckets(plane.admin, namespace, options, (name) => watch.readyMs.has(name));
  say(`${options.buckets} Buckets were created in ${seconds(performance.now() - Math.min(...askedMs.values()))}`);
  await allReady(stage, watch, Math.min(...askedMs.values()));
  const cpuUntilReady = await operator.usage();
  await settled(stage);
  const fill = await fillSpan();
  const allWrites = fill.allWrites;
  say(`idle for ${options.idleSeconds} s`);
  const idleSpan = await openSpan(stage);
  await idleFor(stage);
  const after = await operator.usage();
  const idle = { ...(await idleSpan()).span, seconds: options.idleSeconds };
  const peak = operator.takePeakRssMb();
  await Promise.all([watch.stop(), deliveries.stop()]);
  const fillCpu =
    before === undefined || cpuUntilReady === undefined ? undefined : cpuUntilReady.cpuSeconds - before.cpuSeconds;
  return {
    askedMs,
    readyMs: watch.readyMs,
    deliveredMs: deliveries.readyMs,
    fill: { ...fill.span, cpuSeconds: fillCpu },
    allWrites,
    idle,
    rssMb:
      before === undefined || after === undefined || peak === undefined
        ? undefined
        : { before: before.rssMb, peak: Math.max(peak, after.rssMb), after: after.rssMb },
  };
}

/** Waits until all Buckets are Ready, and no longer than the options say. */
export async function allReady(stage: Stage, watch: ReadyWatch, startedMs: number): Promise<void> {
  const isFinished = await waited(stage, 'Ready', () => watch.readyMs.size, stage.options.buckets);
  if (isFinished) stage.say(`all Ready after ${seconds(Math.max(...watch.readyMs.values()) - startedMs)}`);
  else stage.say(watch.anyReason() ?? '');
}

async function idleFor({ options, say }: Stage): Promise<void> {
  for (let left = options.idleSeconds; left > 0; left -= 60) {
    await delay(Math.min(60, left) * 1_000);
    if (left > 60) say(`${left - 60} idle seconds left`);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
