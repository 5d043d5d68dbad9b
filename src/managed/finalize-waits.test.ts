import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ReconcileError } from '../runtime/errors.ts';
import { KubeError } from '../runtime/kube.ts';
import { ABANDON, FINALIZER } from './annotations.ts';
import type { Deletion } from './kind.ts';
import { STARTED, Stage, TARGET, type Thing, type Toy, type ToyKind, toy } from './testing/stage.ts';

const recorded = { target: { ...TARGET, identity: 'id-1' } };
const ours: Thing = { size: 1, marker: 'c/a/it/u', identity: 'id-1' };
const LOOKED = ['connect', 'observe'];

/** An object that is being deleted, and held. */
function deleted(changes: Parameters<typeof toy>[0] = {}): Toy {
  const metadata = { deletionTimestamp: STARTED, finalizers: [FINALIZER], ...changes.metadata };
  return toy({ status: recorded, ...changes, metadata });
}

type Options = NonNullable<ConstructorParameters<typeof Stage>[2]>;

interface End {
  /** Why it went; undefined: it still stands. */
  readonly how: unknown;
  /** Calls of the service. */
  readonly calls: readonly string[];
  readonly stage: Stage;
}

/** One pass over an object that is being deleted. */
async function end(
  t: TestContext,
  object: Toy,
  thing: Thing | undefined,
  { prepare, ...options }: Options & { prepare?: (stage: Stage) => void } = {},
): Promise<End> {
  const stage = new Stage(t, object, options);
  stage.thing = thing;
  prepare?.(stage);
  await stage.pass();
  const how = stage.kube.object === undefined ? stage.lines.at(-1)?.['reason'] : undefined;
  return { how, calls: stage.calls, stage };
}

/** Why it still stands. */
async function held(
  t: TestContext,
  ...given: [object: Toy, thing: Thing | undefined, options?: Parameters<typeof end>[3]]
) {
  const { calls, stage, how } = await end(t, ...given);
  assert.equal(how, undefined);
  return { calls, stage, said: [stage.conditions.at(-1), stage.message('Synced')] };
}

test('a deletion: what nothing proves ours blocks it under Delete', async (t) => {
  const { calls, said } = await held(t, deleted({ status: { target: TARGET } }), {
    ...ours,
    marker: 'c/a/it/uid-of-before',
  });
  const [condition, message] = said;
  assert.deepEqual([calls, condition], [LOOKED, 'Synced: False OwnershipUnproven']);
  assert.match(message ?? '', /^nothing proves that this object made bucket "thing": /);
});

test('a deletion: it waits for those that refer to it, near ones by name', async (t) => {
  const reference = {
    path: 'spec.x',
    group: '',
    kind: 'Bucket',
    key: { namespace: 'a', name: 'it' },
    isLegacy: true,
    blocksDeletion: true,
  };
  const referrer = (name: string, namespace = 'a', more: object = {}) => {
    const metadata = { ...toy().metadata, name, namespace, uid: name, finalizers: [FINALIZER], ...more };
    return { resource: { ...toy(), metadata }, references: [reference] };
  };
  const message = (...referrers: readonly ReturnType<typeof referrer>[]) =>
    held(t, deleted(), ours, {
      allowLegacyCrossNamespace: true,
      prepare: (stage) => stage.referrers.push(...referrers),
    }).then(({ calls, said, stage }) => {
      assert.deepEqual([calls, said[0]], [[], 'Synced: False DependentsExist']);
      assert.ok(stage.conditions.includes('DeletionBlocked: True DependentsExist'));
      return said[1]?.replace('Bucket it is still referred to by ', '');
    });
  assert.equal(await message(referrer('y'), referrer('x')), 'Bucket a/x, Bucket a/y: delete them first');
  assert.equal(
    await message(referrer('x'), referrer('s', 'b')),
    'Bucket a/x, 1 object of another namespace (kubectl get wasabi -A): delete them first',
  );
  assert.equal(
    await message(referrer('s', 'b'), referrer('r', 'b')),
    '2 objects of other namespaces (kubectl get wasabi -A): delete them first',
  );
  const many = Array.from({ length: 12 }, (_, index) => referrer(`x${index + 10}`));
  const named = many.slice(0, 10).map(({ resource }) => `Bucket a/${resource.metadata.name}`);
  assert.equal(await message(...many), `${named.join(', ')}, 2 more: delete them first`);
  const crd = await end(t, deleted(), ours, {
    prepare: (stage) => {
      stage.referrers.push(referrer('x'));
      stage.kube.definition = undefined;
    },
  });
  assert.equal(crd.how, 'CrdDeleted', 'all of them go');
  const free = { resource: referrer('x', 'a', { finalizers: [] }).resource, references: [reference] };
  const unheld = await end(t, deleted(), ours, { prepare: (stage) => stage.referrers.push(free) });
  assert.equal(unheld.how, 'Deleted', 'what nothing holds cannot block');
});

const children: Awaited<ReturnType<NonNullable<ToyKind['deleteChildren']>>> = {
  type: 'InProgress',
  reason: 'ChildrenDeleting',
  message: 'two are left',
  fields: { left: 2 },
};
test('a deletion: what the object made goes before it, but for an observer and a spec that cannot be read', async (t) => {
  const kind = { deleteChildren: () => Promise.resolve(children) };
  const { calls, said, stage } = await held(t, deleted(), ours, { kind });
  assert.deepEqual([calls, said], [[], ['Synced: False ChildrenDeleting', 'two are left']]);
  assert.equal((stage.object.status as { left?: number }).left, 2);
  const done = await end(t, deleted(), ours, { kind: { deleteChildren: () => Promise.resolve(undefined) } });
  assert.equal(done.how, 'Deleted');
  assert.equal((await end(t, deleted({ spec: { mode: 'Observe' } }), ours, { kind })).how, 'Observed');
  const unread = await end(t, deleted(), ours, {
    kind,
    prepare: (s) => {
      s.specProblem = () => 'spec: nothing';
    },
  });
  assert.equal(unread.how, 'Deleted');
  const crd = await end(t, deleted(), ours, {
    kind,
    prepare: ({ kube }) => {
      kube.definition = undefined;
    },
  });
  assert.equal(crd.how, 'CrdDeleted');
  const observed = await held(t, deleted(), ours, { kind, env: { observeOnly: true } });
  assert.equal(observed.said[0], 'Synced: False ObserveOnly');
});

test('a deletion: with --observe-only it waits for a run without', async (t) => {
  const { calls, said } = await held(t, deleted(), ours, { env: { observeOnly: true } });
  assert.deepEqual(calls, []);
  assert.deepEqual(said, [
    'Synced: False ObserveOnly',
    'the operator runs with --observe-only: deletion goes on when it runs without',
  ]);
});

test('a deletion: objects that it made become independent right before it goes', async (t) => {
  const released: unknown[] = [];
  const kind: Partial<ToyKind> = {
    releaseChildren: (resource, which) => {
      released.push([resource.spec, which]);
      return Promise.resolve();
    },
  };
  await end(t, deleted(), ours, { kind });
  await end(t, deleted(), ours, {
    kind,
    prepare: ({ kube }) => {
      kube.definition = undefined;
    },
  });
  await end(t, deleted({ metadata: { annotations: { [ABANDON]: 'u' } } }), ours, { kind });
  await end(t, deleted({ spec: { size: 3 } }), ours, {
    kind,
    prepare: (s) => {
      s.specProblem = () => 'spec: nothing';
    },
  });
  await held(t, deleted({ status: { target: TARGET } }), { ...ours, marker: 'c/a/it/before' }, { kind });
  assert.deepEqual(released, [
    [{ size: 1 }, 'Unwanted'],
    [{ size: 1 }, 'All'],
    [{ size: 1 }, 'Unwanted'],
    [{ size: 3 }, 'Unwanted'],
  ]);
});

test('a deletion: the definition may not be read: what deletes waits, what retains goes on', async (t) => {
  const prepare = ({ kube }: Stage) => {
    kube.definition = new KubeError('forbidden', { code: 403, reason: 'Forbidden' });
  };
  const { calls, said } = await held(t, deleted(), ours, { prepare });
  assert.deepEqual([calls, said[0]], [LOOKED, 'Synced: False DefinitionUnknown']);
  const retained = await end(t, deleted({ spec: { deletionPolicy: 'Retain' } }), ours, { prepare });
  assert.equal(retained.how, 'Retained');
  const gone = await end(t, deleted(), undefined, { prepare });
  assert.equal(gone.how, 'Deleted', 'there is nothing to destroy');
});

test('a deletion: what the kind says of it is told, while it goes on and at its end', async (t) => {
  const said = async (deletion: Deletion) => {
    const { stage } = await end(t, deleted(), ours, { kind: { delete: () => Promise.resolve(deletion) } });
    return [stage.conditions, stage.message('Synced'), stage.kube.events.at(-1)];
  };
  const emptying = { reason: 'Emptying', message: '7 objects', fields: {} } as const;
  assert.deepEqual(await said({ ...emptying, type: 'InProgress' }), [
    ['Ready: False Deleting', 'Reconciling: True Emptying', 'Synced: False Emptying'],
    '7 objects',
    undefined,
  ]);
  assert.deepEqual(await said({ ...emptying, type: 'Blocked' }), [
    ['DeletionBlocked: True Emptying', 'Ready: False Deleting', 'Synced: False Emptying'],
    '7 objects',
    'Warning DeletionBlocked: 7 objects',
  ]);
  const noted: Stage = new Stage(t, deleted(), {
    kind: {
      delete: () => {
        noted.thing = undefined;
        return Promise.resolve({ type: 'Done', note: 'thing is gone, with 7 objects' });
      },
    },
  });
  noted.thing = ours;
  await noted.pass();
  assert.equal(noted.kube.events.at(-1), 'Normal BucketDeleted: thing is gone, with 7 objects');
});

test('a deletion: what is still there as read is asked for again', async (t) => {
  const { calls, said } = await held(t, deleted(), ours, { kind: { delete: () => Promise.resolve({ type: 'Done' }) } });
  assert.deepEqual(
    [calls, said],
    [
      [...LOOKED, 'observe'],
      ['Synced: False NotYetInEffect', 'thing: deleted, and still there as read'],
    ],
  );
});

test('a deletion: an obstacle that is known keeps it from being tried, but for what is retained', async (t) => {
  const kind: Partial<ToyKind> = {
    obstacle: () => Promise.resolve({ type: 'Blocked', reason: 'BucketNotEmpty', message: '7 objects' }),
  };
  const { calls, said, stage } = await held(t, deleted(), ours, { kind });
  assert.deepEqual([calls, said], [LOOKED, ['Synced: False BucketNotEmpty', '7 objects']]);
  assert.equal(stage.object.status?.intent, undefined);
  assert.equal((await end(t, deleted({ spec: { deletionPolicy: 'Retain' } }), ours, { kind })).how, 'Retained');
  const none = await end(t, deleted(), ours, { kind: { obstacle: () => Promise.resolve(undefined) } });
  assert.equal(none.how, 'Deleted');
});

test('a deletion: nothing is destroyed before its intent stands on the live object', async (t) => {
  const intents: unknown[] = [];
  const stage: Stage = new Stage(t, deleted(), {
    kind: {
      delete: (_client, resource) => {
        intents.push(resource.status?.intent, stage.object.status?.intent);
        stage.thing = undefined;
        return Promise.resolve({ type: 'Done' });
      },
    },
  });
  stage.thing = ours;
  await stage.pass();
  const intent = {
    action: 'Delete',
    attempt: 1,
    holder: 'me',
    epoch: 3,
    time: STARTED,
    deadline: '2026-01-01T00:01:00Z',
  };
  assert.deepEqual(intents, [intent, intent]);
});

test('a deletion: a live object that tells another story is believed', async (t) => {
  for (const metadata of [
    { uid: 'another' },
    { deletionTimestamp: undefined },
    { generation: 2 },
    { annotations: { [ABANDON]: 'x' } },
  ]) {
    const { calls } = await held(t, deleted(), ours, {
      prepare: (stage) => {
        stage.stored = deleted();
        stage.edit({ metadata });
      },
    }).catch(() => ({ calls: LOOKED }));
    assert.deepEqual(calls, LOOKED, JSON.stringify(metadata));
  }
});

test('a deletion: a wait that may never end tells the way out; one that is on its way does not', async (t) => {
  const missing = (more: object) =>
    new ReconcileError('DependencyNotReady', 'no Secret', { reason: 'SecretNotFound', ...more });
  const said = (failure: Error) =>
    held(t, deleted(), ours, { prepare: (stage) => stage.failures.set('connect', failure) }).then(({ stage }) =>
      stage.message('Synced'),
    );
  assert.equal(
    await said(missing({})),
    `no Secret; or, to let the object go and leave what it stands for as it is, set its annotation ${ABANDON} to u`,
  );
  assert.equal(await said(missing({ isExpected: true })), 'no Secret');
  assert.equal(await said(new ReconcileError('Transient', 'no answer', { reason: 'Timeout' })), 'no answer');
  assert.equal(await said(new TypeError('not a function')), 'TypeError: not a function');
});

test('a deletion: an annotation that lets nothing go is told while it waits', async (t) => {
  const wrong = { annotations: { [ABANDON]: 'true' } };
  const why = `the annotation ${ABANDON} has no effect: it must be the uid of this object, u`;
  const blocked = await held(t, deleted({ metadata: wrong }), ours, { env: { observeOnly: true } });
  assert.match(blocked.said[1] ?? '', new RegExp(`; ${why}$`));
  const failing = await held(t, deleted({ metadata: wrong }), ours, {
    prepare: (stage) =>
      stage.failures.set('connect', new ReconcileError('Transient', 'no answer', { reason: 'Timeout' })),
  });
  assert.equal(failing.said[1], `no answer; ${why}`);
  const defect = await held(t, deleted({ metadata: wrong }), ours, {
    prepare: (stage) => stage.failures.set('connect', new TypeError('not a function')),
  });
  assert.equal(defect.said[1], 'TypeError: not a function');
  const emptying = await held(t, deleted({ metadata: wrong }), ours, {
    kind: { deleteChildren: () => Promise.resolve(children) },
  });
  assert.equal(emptying.said[1], `two are left; ${why}`);
  assert.equal((await end(t, deleted({ metadata: wrong }), ours)).how, 'Deleted');
  const inside = await end(t, deleted({ metadata: wrong }), undefined, {
    kind: {
      isExternal: false,
      delete: () => Promise.reject(new ReconcileError('Transient', 'busy', { reason: 'Timeout' })),
    },
  });
  assert.equal(
    inside.stage.message('Synced'),
    `busy; the annotation ${ABANDON} has no effect: this kind stands for nothing outside`,
  );
});
