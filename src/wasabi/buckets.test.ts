import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, settle, waitFor } from '../../test/support/fake-clock.ts';
import { BucketIndexes } from './buckets.ts';
import { type Answer, clientOptions, poolFor, type SeenRequest, startLoopback } from './testing/loopback.ts';

const signal = new AbortController().signal;

function listing(buckets: Readonly<Record<string, string>>, token?: string): string {
  const items = Object.entries(buckets).map(
    ([name, date]) => `<Bucket><Name>${name}</Name><CreationDate>${date}</CreationDate></Bucket>`,
  );
  const next = token === undefined ? '' : `<ContinuationToken>${token}</ContinuationToken>`;
  return `<ListAllMyBucketsResult><Buckets>${items.join('')}</Buckets>${next}</ListAllMyBucketsResult>`;
}

async function start(
  t: Parameters<typeof startLoopback>[0],
  answer: (request: SeenRequest, number: number) => Answer | Promise<Answer>,
) {
  const clock = new FakeClock();
  const server = await startLoopback(t, answer);
  const client = poolFor(server, { clock }).client(clientOptions(server, { maxAttempts: 1 }));
  const indexes = new BucketIndexes(clock);
  return { clock, server, client, indexes, index: indexes.indexFor('100', client) };
}

const one: Answer = { status: 200, body: listing({ one: '2026-01-02T03:04:05.000Z' }) };

test('one listing answers all who ask within a minute', async (t) => {
  const { clock, server, client, index, indexes } = await start(t, () => one);
  const times = await Promise.all([index.creationTimeOf('one', { signal }), index.creationTimeOf('two', { signal })]);
  assert.deepEqual(times, [Date.UTC(2026, 0, 2, 3, 4, 5), undefined]);
  await indexes.indexFor('100', client).creationTimeOf('one', { signal });
  assert.equal(server.requests.length, 1);
  clock.advance(60_001);
  await index.list({ signal });
  assert.equal(server.requests.length, 2);
  await indexes.indexFor('200', client).list({ signal });
  assert.equal(server.requests.length, 3);
});

test('every page is read', async (t) => {
  const { index, server } = await start(t, (request) =>
    request.url.includes('continuation-token=T')
      ? { status: 200, body: listing({ two: '2026-01-02T00:00:00Z' }) }
      : { status: 200, body: listing({ one: '2026-01-01T00:00:00Z' }, 'T') },
  );
  assert.deepEqual([...((await index.list({ signal })) ?? new Map()).keys()], ['one', 'two']);
  assert.equal(server.requests.length, 2);
});

test('a server that pages without end is left after a hundred pages', async (t) => {
  const { index, server } = await start(t, () => ({
    status: 200,
    body: listing({ one: '2026-01-01T00:00:00Z' }, 'T'),
  }));
  await index.list({ signal });
  assert.equal(server.requests.length, 100);
});

test('who needs it fresh waits for a listing that began later; all of them share it', async (t) => {
  const releases: (() => void)[] = [];
  const { clock, index, server } = await start(t, () => new Promise((resolve) => releases.push(() => resolve(one))));
  const early = index.list({ signal });
  await waitFor('the first listing runs', () => releases.length === 1);
  clock.advance(10);
  const sinceMs = clock.monotonicMs();
  const fresh = [
    index.list({ signal, freshSinceMonotonicMs: sinceMs }),
    index.list({ signal, freshSinceMonotonicMs: sinceMs }),
  ];
  releases[0]?.();
  await early;
  await waitFor('the second listing runs', () => releases.length === 2);
  releases[1]?.();
  await Promise.all(fresh);
  assert.equal(server.requests.length, 2);
  await index.list({ signal, freshSinceMonotonicMs: sinceMs });
  assert.equal(server.requests.length, 2);
});

test('a time in the future asks for no more than now', async (t) => {
  const { clock, index, server } = await start(t, () => one);
  await index.list({ signal, freshSinceMonotonicMs: clock.monotonicMs() + 1_000_000 });
  assert.equal(server.requests.length, 1);
});

test('credentials that may not list know nothing, and do not ask again for a minute', async (t) => {
  const { index, server } = await start(t, () => ({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }));
  assert.equal(await index.list({ signal }), undefined);
  assert.equal(await index.creationTimeOf('one', { signal }), undefined);
  assert.equal(server.requests.length, 1);
});

test('a failure is everybody’s who waited for it, and is not kept', async (t) => {
  const { index, server } = await start(t, (_request, number) => (number === 1 ? { status: 500 } : one));
  const results = await Promise.allSettled([index.list({ signal }), index.list({ signal })]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.equal((await index.list({ signal }))?.size, 1);
  assert.equal(server.requests.length, 2);
});

test('who waits for a fresh one is not hurt by the failure of an older one', async (t) => {
  const releases: (() => void)[] = [];
  const { clock, index } = await start(
    t,
    (_request, number) => new Promise((resolve) => releases.push(() => resolve(number === 1 ? { status: 500 } : one))),
  );
  const early = assert.rejects(index.list({ signal }), { reason: 'ServiceFailed' });
  await waitFor('the first listing runs', () => releases.length === 1);
  clock.advance(10);
  const fresh = index.list({ signal, freshSinceMonotonicMs: clock.monotonicMs() });
  releases[0]?.();
  await early;
  await waitFor('the second listing runs', () => releases.length === 2);
  releases[1]?.();
  assert.equal((await fresh)?.size, 1);
});

test('one caller that gives up does not end the listing of the others', async (t) => {
  const releases: (() => void)[] = [];
  const { clock, index } = await start(t, () => new Promise((resolve) => releases.push(() => resolve(one))));
  const controller = new AbortController();
  const given = assert.rejects(index.list({ signal: controller.signal }), { reason: 'Cancelled' });
  const kept = index.list({ signal });
  await waitFor('the listing runs', () => releases.length === 1);
  controller.abort();
  await given;
  await settle();
  releases[0]?.();
  assert.equal((await kept)?.size, 1);
  clock.advance(60_001);
  await assert.rejects(index.list({ signal: controller.signal }), { reason: 'Cancelled' });
});
