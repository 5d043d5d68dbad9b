import { setTimeout as delay } from 'node:timers/promises';
import { BUCKETS } from '../../src/api/bucket.ts';
import { bucket } from '../../test/support/builders.ts';
import { until } from '../../test/support/cluster.ts';
import type { BackendCall } from '../backend.ts';
import type { Cores } from '../cores.ts';
import { allLookedAt, makeExisting, type Started, started } from '../existing.ts';
import { shapeOf } from '../header.ts';
import { providerName } from '../objects.ts';
import type { BenchOptions } from '../options.ts';
import { row, shareLine } from '../report.ts';
import type { BenchResult, Span } from '../result.ts';
import { beginSpan, emptyLogs, type Ground, onGround, orFailure, stopOperator } from '../stage.ts';

/** They would be among the passes, and never let it come to rest. */
const WITHOUT_DRIFT_CHECKS = { DRIFT_CHECK_INTERVAL_SECONDS: '0' };
const NEW = 'bench-new';
const LOOK_MS = 10;

/** A run of `--restart`. */
export interface RestartResult extends Pick<BenchResult, 'shape'> {
  readonly options: BenchOptions;
  /** From the start of the process to its first call to the service, ms. */
  readonly firstCallMs: number;
  /** The same to the first call about a Bucket that was created as the process started, at another start. */
  readonly newObjectMs: number;
  /** From the start of the process until every Bucket had been looked at and all was quiet. */
  readonly span: Span;
  /** CPU seconds of the operator for a thousand passes that changed nothing, with what they read, without its start. */
  readonly cpuPerThousandPasses: number | undefined;
  /** Resident memory when all was quiet. */
  readonly rssMb: number | undefined;
}

/** Stops an operator that has come to rest, and starts it again: once with nothing to do, and once with a new Bucket. */
export function runRestart(options: BenchOptions, cores: Cores, say: (line: string) => void): Promise<RestartResult> {
  return onGround(options, cores, say, async (ground) => {
    await makeExisting(ground, options.autoManage ? { autoManage: {} } : {});
    const before = await started(ground, WITHOUT_DRIFT_CHECKS); // what the changed Providers ask for is done by this one
    await orFailure(before, allLookedAt(before));
    await stopOperator(before);
    const quiet = await startAgain(ground);
    say('started again');
    const newObjectMs = await startWithNews(ground);
    return { options, shape: shapeOf(cores), ...quiet, newObjectMs };
  });
}

async function startAgain(ground: Ground): Promise<Omit<RestartResult, 'options' | 'shape' | 'newObjectMs'>> {
  await emptyLogs(ground);
  const execMs = performance.now();
  const stage = await started(ground, WITHOUT_DRIFT_CHECKS);
  const span = await beginSpan(stage);
  const first = await orFailure(
    stage,
    firstCall(stage, () => true),
  );
  const atFirst = await stage.operator.usage();
  await orFailure(stage, allLookedAt(stage));
  const { span: counted } = await span();
  const after = await stage.operator.usage();
  await stopOperator(stage);
  const passes = ground.options.buckets;
  return {
    firstCallMs: first.atMs - execMs,
    span: counted,
    cpuPerThousandPasses:
      atFirst === undefined || after === undefined || passes === 0
        ? undefined
        : ((after.cpuSeconds - atFirst.cpuSeconds) / passes) * 1_000,
    rssMb: after?.rssMb,
  };
}

/** A Bucket comes as the operator starts. @returns when it was first called for, ms after the start of the process */
async function startWithNews(ground: Ground): Promise<number> {
  const { plane, backend, namespace } = ground;
  await backend.take();
  const execMs = performance.now();
  const stage = await started(ground);
  await plane.admin.create(BUCKETS, namespace, bucket(NEW, { providerRef: { name: providerName(0) } }));
  const call = await orFailure(
    stage,
    firstCall(stage, (each) => each.bucket === NEW),
  );
  await stopOperator(stage);
  return call.atMs - execMs;
}

/** The first call that is such a one; the next `take` tells of it, too. */
async function firstCall({ backend, options }: Started, isSuch: (call: BackendCall) => boolean): Promise<BackendCall> {
  let found: BackendCall | undefined;
  await until(
    'the service is called',
    async () => {
      await delay(LOOK_MS);
      found = (await backend.look()).calls.find(isSuch);
      return found !== undefined;
    },
    options.limitMinutes * 60_000,
  );
  if (found === undefined) throw new Error('the service was not called');
  return found;
}

/** What must never be. Pure. */
export function restartDefects({ span: { kubeWrites, service } }: RestartResult): readonly string[] {
  return [
    ...(kubeWrites > 0 ? [`${kubeWrites} writes to Kubernetes with nothing to do`] : []),
    ...(service.writes > 0 ? [`${service.writes} writes to the service with nothing to do`] : []),
  ];
}

/** What a person reads. Pure. */
export function restartReportOf(result: RestartResult): string {
  const { options, firstCallMs, newObjectMs, cpuPerThousandPasses: cpu, rssMb, span, shape } = result;
  return [
    '',
    `an operator starts with ${options.buckets} Buckets${options.autoManage ? ' that have a user and a key each' : ''}; ${options.latencyMs} ms a call, ${options.rate} calls a second of each of ${options.providers} account(s)`,
    ...restartDefects(result).map((defect) => `  DEFECT: ${defect}`),
    row('start to the first call', `${firstCallMs.toFixed(0)} ms`, 'target 800 ms with none, 2,500 ms with 10,000'),
    row('start to a new Bucket', `${newObjectMs.toFixed(0)} ms`, 'its first call; it was created as the process began'),
    row(
      'CPU per 1,000 no-op passes',
      cpu === undefined ? 'not measured' : `${cpu.toFixed(2)} s`,
      'with what they read of the service; without its start',
    ),
    row('calls to the service', String(span.service.total), `${span.service.writes} of them writes`),
    ...Object.entries(span.service.counts).map(([name, count]) => row(`  ${name}`, String(count), '')),
    row('CPU in all', span.cpuSeconds === undefined ? 'not measured' : `${span.cpuSeconds.toFixed(1)} s`, ''),
    row('memory', rssMb === undefined ? 'not measured' : `${rssMb.toFixed(0)} MB`, 'when all was quiet'),
    shareLine(shape, [span]),
    '',
  ].join('\n');
}
