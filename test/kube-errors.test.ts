import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventsAbout, inject, isPatch, isS3Write, kubeError, type Matcher } from './support/answers.ts';
import { bucket, secret } from './support/builders.ts';
import { until } from './support/cluster.ts';
import type { CannedAnswer, Verdict } from './support/proxy.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { applyProvider, type World } from './support/world.ts';

const shared = shareCluster();
/** No drift interval comes in between: what is looked at again is looked at for its own sake. */
const flags = ['--drift-check-interval-seconds=0'];
const providerSpec = { rateLimit: { requestsPerSecond: 1_000 } };

const isClaim: Matcher = (call) => isPatch(call, 'itself', 'status') && call.body.includes('"intent"');
const isVerdict: Matcher = (call) => isPatch(call, 'itself', 'status') && call.body.includes('"conditions"');
const isFinalizer: Matcher = (call) => isPatch(call, 'itself', 'rest');

/** What the operator wrote to the object `itself` since it was made. */
function writesToItself(world: World): readonly string[] {
  return world.operator.kube.calls.flatMap((call) => {
    if (isFinalizer(call)) return ['finalizer'];
    if (isClaim(call)) return ['claim'];
    return isVerdict(call) ? ['verdict'] : [];
  });
}

/** Calls that changed the bucket `itself`, or would have. */
function s3Writes(world: World): readonly string[] {
  return world.operator.wasabi.calls.filter(isS3Write).map(({ method, url }) => `${method} ${url}`);
}

const created = ['PUT /itself/', 'PUT /itself/?tagging='];

describe('a write to the object that fails', { concurrency: 3 }, () => {
  const conflicts: readonly { readonly title: string; readonly on: Matcher; readonly expected: readonly string[] }[] = [
    { title: 'the finalizer', on: isFinalizer, expected: ['finalizer', 'finalizer', 'claim', 'verdict'] },
    { title: 'target and intent', on: isClaim, expected: ['finalizer', 'claim', 'claim', 'verdict'] },
  ];
  for (const { title, on, expected } of conflicts) {
    test(`409 on ${title}: a stale read, of which nobody is told`, async (t) => {
      const world = await shared.startWorld(t, { flags, providerSpec });
      inject(world.operator.kube, on, (hit) => (hit === 1 ? kubeError(409, 'Conflict') : 'pass'));
      await world.apply(bucket('itself'));
      await world.reaches('Bucket', 'itself', 'Ready', 'True');
      await world.settle();
      assert.deepEqual(writesToItself(world), expected, 'no status was written between the two tries');
      assert.deepEqual(s3Writes(world), created, 'each call once, after the claim');
      assert.deepEqual(
        eventsAbout(world, 'Bucket', 'itself').map(({ reason }) => reason),
        ['BucketCreated'],
      );
      const told = world.operator.log.filter((line) => line.includes('StaleRead'));
      assert.equal(told.length, 1);
      assert.match(told[0] ?? '', /"level":"debug"/);
      await world.expectValid('Bucket', 'itself');
    });
  }

  const failures: readonly { readonly title: string; readonly verdict: Verdict }[] = [
    { title: '500', verdict: kubeError(500, 'InternalError') },
    { title: '503 without a word of when', verdict: kubeError(503, 'ServiceUnavailable') },
    { title: '409', verdict: kubeError(409, 'Conflict') },
    { title: 'a reset before the server saw it', verdict: 'dropRequest' },
    { title: 'a reset before the answer arrived', verdict: 'dropResponse' },
  ];
  for (const { title, verdict } of failures) {
    test(`${title} on the status, three times: nothing is made twice`, async (t) => {
      const world = await shared.startWorld(t, { flags, providerSpec });
      const fault = inject(world.operator.kube, isVerdict, (hit) => (hit <= 3 ? verdict : 'pass'));
      await world.apply(bucket('itself'));
      await until('the fault is over', async () => {
        await world.elapse(1_000);
        return fault.hits.length > 3 || verdict === 'dropResponse';
      });
      await world.elapse(60_000);
      await world.reaches('Bucket', 'itself', 'Ready', 'True');
      assert.deepEqual(s3Writes(world), created);
      await world.expectValid('Bucket', 'itself');
    });
  }

  test('422 on the status: counted and logged as a defect of ours', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec });
    const fault = inject(world.operator.kube, isVerdict, (hit) => (hit === 1 ? kubeError(422, 'Invalid') : 'pass'));
    await world.apply(bucket('itself'));
    await world.reaches('Bucket', 'itself', 'Ready', 'True');
    assert.ok(fault.hits.length > 1);
    const metrics = await world.operator.running.metrics.text();
    assert.match(metrics, /^wasabi_s3_operator_error_total\{kind="Bucket",type="Internal"\} 1$/m);
    const told = world.operator.log.filter((line) => line.includes('a pass failed'));
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /"level":"error"/);
  });

  test('429 with Retry-After on the status is obeyed, inside the call or by the queue', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec });
    const answers: readonly Verdict[] = [
      kubeError(429, 'TooManyRequests', { 'retry-after': '1' }),
      kubeError(429, 'TooManyRequests', { 'retry-after': '30' }),
    ];
    const fault = inject(world.operator.kube, isVerdict, (hit) => answers[hit - 1] ?? 'pass');
    await world.apply(bucket('itself'));
    await until('both were given', () => Promise.resolve(fault.hits.length === 2));
    const [first, second] = fault.hits;
    assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) >= 1_000, 'the second try came a second later');
    const calls = world.operator.kube.calls.length;
    await world.elapse(25_000);
    assert.equal(fault.hits.length, 2, 'not before its time');
    assert.equal(
      world.operator.kube.calls.slice(calls).filter(({ url }) => url.includes('/itself')).length,
      0,
      'and no other pass over the object',
    );
    await world.elapse(60_000);
    await world.reaches('Bucket', 'itself', 'Ready', 'True');
    assert.deepEqual(s3Writes(world), created);
    await world.expectValid('Bucket', 'itself');
  });

  const refusals = [
    { answer: kubeError(403, 'Forbidden'), reason: 'Forbidden', condition: 'Reconciling', level: 'warn' },
    { answer: kubeError(422, 'Invalid'), reason: 'Internal', condition: 'Reconciling', level: 'error' },
  ] as const;
  for (const { answer, reason, condition, level } of refusals) {
    test(`${reason} on the finalizer: nothing is made without it`, async (t) => {
      const world = await shared.startWorld(t, { flags, providerSpec });
      const fault = inject(world.operator.kube, isFinalizer, answer);
      await world.apply(bucket('itself'));
      await world.reaches('Bucket', 'itself', 'Synced', reason);
      await world.reaches('Bucket', 'itself', 'Ready', 'False');
      await world.reaches('Bucket', 'itself', condition, 'True');
      await world.elapse(50_000);
      assert.deepEqual(s3Writes(world), []);
      assert.ok(
        world.operator.log.some((line) => line.includes(`"level":"${level}"`) && line.includes('"name":"itself"')),
        'it is in the log',
      );
      await world.expectValid('Bucket', 'itself');
      fault.end();
      await world.elapse(300_000);
      await world.reaches('Bucket', 'itself', 'Ready', 'True');
      assert.deepEqual(s3Writes(world), created);
    });
  }

  for (const answer of [kubeError(403, 'Forbidden'), kubeError(500, 'InternalError')]) {
    test(`${answer.status} on events holds nothing up`, async (t) => {
      const world = await shared.startWorld(t, { flags, providerSpec });
      const fault = inject(world.operator.kube, ({ url }) => url.includes('/events'), answer);
      await world.apply(bucket('itself', { deletionPolicy: 'Delete' }));
      await world.reaches('Bucket', 'itself', 'Ready', 'True');
      await world.delete('Bucket', 'itself');
      await world.gone('Bucket', 'itself');
      assert.ok(fault.hits.length > 0);
      assert.equal(world.snapshot('itself'), undefined);
    });
  }
});

describe('a read of the cluster that fails', { concurrency: 3 }, () => {
  const answers = [
    { answer: kubeError(403, 'Forbidden'), reason: 'Forbidden' },
    { answer: kubeError(500, 'InternalError'), reason: 'InternalError' },
  ];
  for (const { answer, reason } of answers) {
    test(`${reason} on the Secret: the Provider waits`, async (t) => {
      const world = await shared.startWorld(t, { flags, hasProvider: false });
      const fault = inject(
        world.operator.kube,
        ({ method, url }) => method === 'GET' && url.split('?')[0]?.endsWith('/secrets/wasabi-credentials') === true,
        answer,
      );
      await applyProvider(world, providerSpec);
      await until('it was told', async () => {
        const found = await world.condition('Provider', 'wasabi', 'Synced');
        return found?.status === 'False' && found.message?.includes('secrets') === true;
      });
      await world.reaches('Provider', 'wasabi', 'Ready', 'False');
      await world.expectValid('Provider', 'wasabi');
      assert.equal(world.operator.wasabi.calls.length, 0, 'nothing is sent without credentials');
      fault.end();
      await world.elapse(300_000);
      await world.reaches('Provider', 'wasabi', 'Ready', 'True');
    });
  }

  /** What a read of the live object, or of the definition, may answer right before something is destroyed. */
  const stories: readonly {
    readonly title: string;
    readonly path: string;
    readonly answer: (live: object) => Verdict;
    /** What we had read before is shown to be old: nothing is told of it. */
    readonly isStale?: boolean;
  }[] = [
    { title: 'the live object is not being deleted', path: '/itself', answer: (live) => json(live), isStale: true },
    {
      title: 'the live object is another one',
      path: '/itself',
      answer: (live) =>
        json(withMetadata(live, { uid: crypto.randomUUID(), deletionTimestamp: '2026-01-01T00:00:00Z' })),
      isStale: true,
    },
    { title: 'the live object cannot be read', path: '/itself', answer: () => kubeError(500, 'InternalError') },
    { title: 'the live object is gone', path: '/itself', answer: () => kubeError(404, 'NotFound'), isStale: true },
    { title: 'no answer', path: '/itself', answer: () => 'dropRequest' },
    {
      title: 'the definition cannot be read',
      path: '/customresourcedefinitions/buckets.s3.cloud37.dev',
      answer: () => kubeError(403, 'Forbidden'),
    },
  ];
  for (const { title, path, answer, isStale = false } of stories) {
    test(`${title}: nothing is destroyed`, async (t) => {
      const world = await shared.startWorld(t, { flags, providerSpec });
      await world.apply(bucket('itself', { deletionPolicy: 'Delete', forceDelete: true }));
      await world.reaches('Bucket', 'itself', 'Ready', 'True');
      await world.settle();
      const live = await world.get('Bucket', 'itself');
      assert.ok(live);
      const before = world.snapshot('itself');
      const fault = inject(
        world.operator.kube,
        ({ method, url }) => method === 'GET' && url.split('?')[0]?.endsWith(path) === true,
        answer(live),
      );
      await world.delete('Bucket', 'itself');
      await until('it was read', () => Promise.resolve(fault.hits.length > 0));
      await world.elapse(5_000);
      assert.deepEqual(world.snapshot('itself'), before);
      assert.deepEqual(s3Writes(world), created, 'no call that destroys was made');
      assert.deepEqual((await world.get('Bucket', 'itself'))?.metadata.finalizers, ['s3.cloud37.dev/finalizer']);
      if (isStale) assert.deepEqual((await world.get('Bucket', 'itself'))?.status, live.status);
      else await world.expectValid('Bucket', 'itself');
      fault.end();
      await world.elapse(300_000);
      await world.gone('Bucket', 'itself');
      assert.equal(world.snapshot('itself'), undefined);
    });
  }
});

test('409 on the Secret that is to be protected: it is read again', async (t) => {
  const world = await shared.startWorld(t, { flags, providerSpec });
  const fault = inject(
    world.operator.kube,
    (call) => isPatch(call, 'wasabi-credentials', 'rest'),
    (hit) => (hit === 1 ? kubeError(409, 'Conflict') : 'pass'),
  );
  await world.apply(bucket('itself'));
  await world.reaches('Bucket', 'itself', 'Ready', 'True');
  await until('the Secret is protected', async () => {
    const found = await world.get('Secret', 'wasabi-credentials');
    return found?.metadata.finalizers?.includes('s3.cloud37.dev/in-use') === true;
  });
  assert.equal(fault.hits.length, 2);
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await world.reaches('Provider', 'wasabi', 'Synced', 'True');
  await world.apply(secret('unrelated', { a: 'b' }));
  await world.settle();
  assert.equal(fault.hits.length, 2, 'once is enough');
});

function json(object: object): CannedAnswer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(object) };
}

function withMetadata(object: object, metadata: object): object {
  return { ...object, metadata: { ...('metadata' in object ? (object.metadata as object) : {}), ...metadata } };
}
