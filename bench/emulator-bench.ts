import { signedHeaders } from '../src/emulator/testing/signed-request.ts';
import { Wire, type WireRequest } from '../test/support/wire.ts';
import type { Cores } from './cores.ts';
import { type EmulatorProcess, startEmulatorProcess } from './emulator-process.ts';
import { busySecondsOf, type Usage, usageOf } from './usage.ts';

/** How much is measured. */
export interface EmulatorBenchOptions {
  readonly buckets: number;
  readonly seconds: number;
  readonly starts: number;
  /** So long the same is done before, unmeasured: code is compiled as it is needed. */
  readonly warmUpSeconds: number;
}

/** What was measured of the emulator. */
export interface EmulatorResult extends Omit<EmulatorBenchOptions, 'warmUpSeconds'> {
  /** Of each start, in order, milliseconds. */
  readonly startMs: readonly number[];
  readonly requestsPerSecond: number;
  /** Of the process of the emulator, microseconds; undefined where /proc is missing. */
  readonly cpuMicrosPerRequest: number | undefined;
  /** After the start, with all buckets, and after the requests. */
  readonly rssMb: { readonly idle: number; readonly filled: number; readonly after: number } | undefined;
  /** The part of the time in which others used its core. */
  readonly foreignShare: number | undefined;
  readonly isPinned: boolean;
}

/** Connections that each wait for their answer: enough that the emulator never waits for a request. */
const CONNECTIONS = 32;

/** The whole emulator as a process: starts, buckets, and signed small GETs for some seconds. @throws Error for any refusal */
export async function runEmulatorBench(
  options: EmulatorBenchOptions,
  { operator: core }: Cores,
  say: (line: string) => void,
): Promise<EmulatorResult> {
  const startMs: number[] = [];
  for (let count = 1; count < options.starts; count += 1) {
    const emulator = await startEmulatorProcess(core, options.buckets);
    startMs.push(emulator.startMs);
    await emulator.stop();
  }
  const emulator = await startEmulatorProcess(core, options.buckets);
  startMs.push(emulator.startMs);
  const idle = await usageOf(emulator.pid);
  say(`started ${options.starts} times, makes ${options.buckets} buckets`);
  await fill(emulator, options.buckets);
  const filled = await usageOf(emulator.pid);
  const reads = Array.from({ length: Math.min(options.buckets, 1_000) }, (_, index) =>
    signed(emulator, 'GET', index, 'tagging', ''),
  );
  say('asks');
  await load(emulator, reads, options.warmUpSeconds);
  const [before, busyBefore] = [await usageOf(emulator.pid), await busySecondsOf(core)];
  const { requests, seconds } = await load(emulator, reads, options.seconds);
  const [after, busyAfter] = [await usageOf(emulator.pid), await busySecondsOf(core)];
  await emulator.stop();
  const cpuSeconds = spent(before, after);
  const busy = busyBefore === undefined || busyAfter === undefined ? undefined : busyAfter - busyBefore;
  const { buckets, seconds: wanted, starts } = options;
  return {
    buckets,
    seconds: wanted,
    starts,
    startMs,
    requestsPerSecond: requests / seconds,
    cpuMicrosPerRequest: cpuSeconds && (cpuSeconds * 1e6) / requests,
    rssMb: idle && filled && after && { idle: idle.rssMb, filled: filled.rssMb, after: after.rssMb },
    foreignShare: busy === undefined || cpuSeconds === undefined ? undefined : Math.max(0, busy - cpuSeconds) / seconds,
    isPinned: core !== undefined,
  };
}

function spent(before: Usage | undefined, after: Usage | undefined): number | undefined {
  return before && after && after.cpuSeconds - before.cpuSeconds;
}

/** Makes the buckets, each with a tag. */
async function fill(emulator: EmulatorProcess, buckets: number): Promise<void> {
  const tags = '<Tagging><TagSet><Tag><Key>team</Key><Value>storage</Value></Tag></TagSet></Tagging>';
  let next = 0;
  await onLines(emulator.port, async (send) => {
    for (let index = next++; index < buckets; index = next++) {
      await send(signed(emulator, 'PUT', index, '', ''));
      await send(signed(emulator, 'PUT', index, 'tagging', tags));
    }
  });
}

/** Sends these requests over and over. A signature may be used again, so that the client costs little. */
async function load(
  { port }: EmulatorProcess,
  reads: readonly WireRequest[],
  seconds: number,
): Promise<{ readonly requests: number; readonly seconds: number }> {
  const startedMs = performance.now();
  let requests = 0;
  await onLines(port, async (send) => {
    while (performance.now() - startedMs < seconds * 1_000) {
      const read = reads[requests % reads.length];
      requests += 1;
      if (read !== undefined) await send(read);
    }
  });
  return { requests, seconds: (performance.now() - startedMs) / 1_000 };
}

async function onLines(
  port: number,
  work: (send: (request: WireRequest) => Promise<void>) => Promise<void>,
): Promise<void> {
  const lines = Array.from({ length: CONNECTIONS }, async () => {
    const wire = new Wire(port);
    await work(async (request) => {
      const { status, body } = await wire.send(request);
      if (status >= 300) throw new Error(`the emulator answered ${status} ${body.toString('utf8', 0, 500)}`);
    });
    wire.close();
  });
  await Promise.all(lines);
}

function signed(
  { port, keys }: EmulatorProcess,
  method: string,
  index: number,
  query: string,
  body: string,
): WireRequest {
  const path = `/bench-${index}`;
  const headers = signedHeaders(keys, { method, path, query, body, host: `127.0.0.1:${port}` });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const target = query === '' ? path : `${path}?${query}`;
  const head = `${method} ${target} HTTP/1.1\r\n${lines.join('')}content-length: ${body.length}\r\n\r\n`;
  return { bytes: Buffer.from(`${head}${body}`), isHead: false, isLast: false };
}
