import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ROOT_CONTEXT } from '@opentelemetry/api';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { startGrpcReceiver, startHttpReceiver, type TraceReceiver } from '../../test/support/trace-receiver.ts';
import { until } from '../../test/support/until.ts';
import { GrpcTraceSender } from './grpc-trace-sender.ts';
import { HttpTraceSender } from './http-trace-sender.ts';
import { SpanBatches } from './span-batches.ts';
import type { TraceSender } from './trace-sender.ts';

const SENDERS = { HttpTraceSender: startHttpReceiver, GrpcTraceSender: (t: TestContext) => startGrpcReceiver(t) };

/** Batches for that receiver, and somebody who ends so many spans. */
function scene(kind: string, { url }: TraceReceiver) {
  const collector = { url: new URL(url), headers: {}, certificate: undefined };
  const sender: TraceSender =
    kind === 'HttpTraceSender' ? new HttpTraceSender(collector) : new GrpcTraceSender(collector);
  const clock = new FakeClock();
  const dropped: [count: number, why: string][] = [];
  const onDropped = (count: number, { message }: Error) => dropped.push([count, message]);
  const batches = new SpanBatches({ sender, clock, timeoutMs: 10_000, onDropped });
  const tracer = new TracerProvider({ spanProcessors: [batches] }).getTracer('test');
  const end = (count: number) => {
    for (let index = 0; index < count; index += 1) tracer.startSpan('it', {}, ROOT_CONTEXT).end();
  };
  const droppedInAll = () => dropped.reduce((sum, [count]) => sum + count, 0);
  return { batches, clock, dropped, droppedInAll, end };
}

for (const [kind, start] of Object.entries(SENDERS)) {
  test(`${kind}: spans go in batches, at the latest after five seconds, and all that is left at the end`, async (t) => {
    const receiver = await start(t);
    const { batches, clock, droppedInAll, end } = scene(kind, receiver);
    end(3);
    clock.advance(5_000);
    await until('they came', () => Promise.resolve(receiver.spans.length === 3));
    end(513);
    await until('a full batch came', () => Promise.resolve(receiver.spans.length >= 515));
    end(1);
    await batches.stop(2_000);
    assert.deepEqual([receiver.spans.length, droppedInAll()], [517, 0]);
    end(1);
    assert.equal(droppedInAll(), 1, 'nobody waits for it');
  });

  test(`${kind}: a collector that never answers holds nobody up, and each span is counted once`, async (t) => {
    const receiver = await start(t);
    receiver.hang();
    const { batches, clock, dropped, droppedInAll, end } = scene(kind, receiver);
    end(3_000);
    await until('it was asked', () => Promise.resolve(receiver.headers.length === 1));
    const full = dropped.length;
    assert.equal(full, 3_000 - 2_048 - 512, 'more than wait already');
    clock.advance(10_000);
    await until('the first batch is given up', () => Promise.resolve(dropped.length > full));
    assert.deepEqual(dropped.at(-1), [512, 'no answer within 10000 ms']);
    await until('the next one is sent', () => Promise.resolve(receiver.headers.length === 2));
    const stopped = batches.stop(2_000);
    clock.advance(2_000);
    await stopped;
    assert.deepEqual([receiver.spans.length, droppedInAll()], [0, 3_000]);
    await until('nothing is left open', () => Promise.resolve(receiver.connections() === 0));
  });

  test(`${kind}: after an answer that never came the next batch goes over another connection`, async (t) => {
    const receiver = await start(t);
    receiver.hang();
    const { batches, clock, end } = scene(kind, receiver);
    end(1);
    clock.advance(5_000);
    await until('it was asked', () => Promise.resolve(receiver.headers.length === 1));
    receiver.answer();
    clock.advance(10_000);
    await until('the connection is given up', () => Promise.resolve(receiver.connections() === 0));
    end(1);
    await batches.stop(2_000);
    assert.equal(receiver.spans.length, 1);
  });
}
