import { setTimeout as delay } from 'node:timers/promises';
import type { Cores } from '../cores.ts';
import { allLookedAt, makeExisting, started } from '../existing.ts';
import { shapeOf } from '../header.ts';
import { totalOf } from '../kube-calls.ts';
import type { BenchOptions } from '../options.ts';
import { row, shareLine } from '../report.ts';
import type { BenchResult, Span } from '../result.ts';
import { onGround, openSpan, orFailure, type Stage, settled, stopOperator } from '../stage.ts';

/** A run of `--idle`: two replicas, and nothing changes. */
export interface IdleResult extends Pick<BenchResult, 'shape'> {
  readonly options: BenchOptions;
  /** So long it was looked. */
  readonly seconds: number;
  /** Of both replicas; the CPU too. */
  readonly span: Span;
  /** Calls about the Lease, which come on top of those in `span`. */
  readonly leaseCalls: number;
  /** What an hour of it comes to. */
  readonly hour: {
    readonly kubeCalls: number;
    /** Of each Provider. */
    readonly serviceCalls: number;
    readonly cpuSeconds: number | undefined;
  };
  /** Resident memory of the leader in the end. */
  readonly rssMb: number | undefined;
}

/** Lets two replicas do nothing. */
export function runIdle(options: BenchOptions, cores: Cores, say: (line: string) => void): Promise<IdleResult> {
  return onGround(options, cores, say, async (ground) => {
    await makeExisting(ground, options.autoManage ? { autoManage: {} } : {});
    const leader = await started(ground);
    await orFailure(leader, allLookedAt(leader));
    const { operator: standby } = await started(ground);
    await settled({ operator: standby, options });
    const stage: Stage = { ...leader, standby };
    say(`nothing changes for ${options.seconds} s`);
    const span = await openSpan(stage);
    const startedMs = performance.now();
    await Promise.race([orFailure(stage, delay(options.seconds * 1_000)), standby.failure]);
    const seconds = (performance.now() - startedMs) / 1_000;
    const { span: counted, leaseCalls } = await span();
    const rssMb = (await stage.operator.usage())?.rssMb;
    await standby.stop();
    await stopOperator(stage);
    return { options, shape: shapeOf(cores), rssMb, ...idleFigures(options, seconds, counted, leaseCalls) };
  });
}

/** An hour of what was counted in some seconds. Pure. */
export function idleFigures(
  { providers }: Pick<BenchOptions, 'providers'>,
  seconds: number,
  span: Span,
  leaseCalls: number,
): Pick<IdleResult, 'seconds' | 'span' | 'leaseCalls' | 'hour'> {
  const anHour = (value: number) => (value / seconds) * 3_600;
  return {
    seconds,
    span,
    leaseCalls,
    hour: {
      kubeCalls: anHour(totalOf(span.kube) + leaseCalls),
      serviceCalls: anHour(span.service.total) / providers,
      cpuSeconds: span.cpuSeconds === undefined ? undefined : anHour(span.cpuSeconds),
    },
  };
}

/** What must never be. Pure. */
export function idleDefects({ span: { kubeWrites, service } }: IdleResult): readonly string[] {
  return [
    ...(kubeWrites > 0 ? [`${kubeWrites} writes to Kubernetes while nothing changed`] : []),
    ...(service.writes > 0 ? [`${service.writes} writes to the service while nothing changed`] : []),
  ];
}

/** What a person reads. Pure. */
export function idleReportOf(result: IdleResult): string {
  const { options, seconds, span, leaseCalls, hour, rssMb, shape } = result;
  return [
    '',
    `two replicas and ${options.buckets} Buckets${options.autoManage ? ' with a user and a key each' : ''}, nothing changes for ${seconds.toFixed(0)} s`,
    ...idleDefects(result).map((defect) => `  DEFECT: ${defect}`),
    row('calls to Kubernetes', `${hour.kubeCalls.toFixed(0)} an hour`, `${leaseCalls} about the Lease; target 1,000`),
    ...Object.entries(span.kube).map(([name, count]) => row(`  ${name}`, String(count), '')),
    row('calls to the service', `${hour.serviceCalls.toFixed(0)} an hour of each Provider`, 'target 120 with none'),
    ...Object.entries(span.service.counts).map(([name, count]) => row(`  ${name}`, String(count), '')),
    row('writes', `${span.kubeWrites} to Kubernetes, ${span.service.writes} to the service`, 'target 0'),
    row(
      'CPU of both',
      hour.cpuSeconds === undefined ? 'not measured' : `${hour.cpuSeconds.toFixed(1)} s an hour`,
      'target 15 s with none',
    ),
    row('memory of the leader', rssMb === undefined ? 'not measured' : `${rssMb.toFixed(0)} MB`, ''),
    shareLine(shape, [span]),
    '',
  ].join('\n');
}
