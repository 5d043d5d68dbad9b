import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ABANDON, FINALIZER, LEGACY_FINALIZER } from './annotations.ts';
import { PROVIDER, STARTED, Stage, TARGET, type Thing, type Toy, type ToyKind, toy } from './testing/stage.ts';

const recorded = { target: { ...TARGET, identity: 'id-1' } };
const ours: Thing = { size: 1, marker: 'c/a/it/u', identity: 'id-1' };
const theirs: Thing = { size: 9, marker: 'other/x/y/z', identity: 'id-9' };
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

const rows: readonly (readonly [
  title: string,
  object: Toy,
  thing: Thing | undefined,
  options: Options & { prepare?: (stage: Stage) => void },
  how: string,
  calls: readonly string[],
])[] = [
  [
    'what is ours is deleted, and read as gone',
    deleted(),
    ours,
    {},
    'Deleted',
    [...LOOKED, 'delete Delete', 'observe'],
  ],
  ['what is gone already', deleted(), undefined, {}, 'Deleted', LOOKED],
  [
    'under Retain it stays',
    deleted({ spec: { deletionPolicy: 'Retain' } }),
    ours,
    {},
    'Retained',
    [...LOOKED, 'delete Retain'],
  ],
  [
    'by default of its kind it stays',
    deleted(),
    ours,
    { kind: { defaultDeletionPolicy: 'Retain' } },
    'Retained',
    [...LOOKED, 'delete Retain'],
  ],
  ["a stranger's is not touched", deleted(), theirs, {}, 'NeverOwned', LOOKED],
  [
    'what nothing proves is let go of under Retain',
    deleted({ spec: { deletionPolicy: 'Retain' }, status: { target: TARGET } }),
    { ...ours, marker: 'c/a/it/uid-of-before' },
    {},
    'Retained',
    LOOKED,
  ],
  ['nothing was ever recorded', deleted({ status: {} }), ours, {}, 'NeverOwned', []],
  [
    "… and the predecessor's claim leads to it",
    deleted({ status: {} }),
    { ...ours, marker: undefined, createdAtMs: Date.parse(STARTED) },
    { kind: { hasLegacyClaim: () => true } },
    'Deleted',
    [...LOOKED, 'delete Delete', 'observe'],
  ],
  ['an observer owned nothing', deleted({ spec: { mode: 'Observe' } }), ours, {}, 'Observed', []],
  ['somebody lets it go', deleted({ metadata: { annotations: { [ABANDON]: 'u' } } }), ours, {}, 'Abandoned', []],
  [
    'the definition is being deleted',
    deleted(),
    ours,
    {
      prepare: ({ kube }) => {
        kube.definition = { metadata: { deletionTimestamp: STARTED } };
      },
    },
    'CrdDeleted',
    [],
  ],
  [
    'the definition is gone',
    deleted(),
    ours,
    {
      prepare: ({ kube }) => {
        kube.definition = undefined;
      },
    },
    'CrdDeleted',
    [],
  ],
  [
    'a spec that cannot be used: what status recorded suffices',
    deleted({ spec: { deletionPolicy: 'Retain' } }),
    ours,
    {
      prepare: (stage) => {
        stage.specProblem = () => 'spec: nothing';
      },
    },
    'Deleted',
    [...LOOKED, 'delete Delete', 'observe'],
  ],
  [
    "… and only the predecessor's claim says that there was something",
    deleted({ status: {} }),
    ours,
    {
      kind: { hasLegacyClaim: () => true },
      prepare: (stage) => {
        stage.specProblem = () => 'spec: nothing';
      },
    },
    'SpecUnusable',
    [],
  ],
  [
    '… and nothing says so',
    deleted({ status: {} }),
    ours,
    {
      prepare: (stage) => {
        stage.specProblem = () => 'spec: nothing';
      },
    },
    'NeverOwned',
    [],
  ],
  [
    "… and the predecessor's claim stands beside what status recorded",
    deleted(),
    ours,
    {
      kind: { hasLegacyClaim: () => true },
      prepare: (stage) => {
        stage.specProblem = () => 'spec: nothing';
      },
    },
    'Deleted',
    [...LOOKED, 'delete Delete', 'observe'],
  ],
  [
    'what a kind did in the cluster is undone, whatever its policy',
    deleted({ spec: { deletionPolicy: 'Retain' }, status: {} }),
    undefined,
    { kind: { isExternal: false } },
    'Deleted',
    ['connect', 'delete Delete'],
  ],
  [
    '… also when the definition goes',
    deleted({ status: {} }),
    undefined,
    {
      kind: { isExternal: false },
      prepare: ({ kube }) => {
        kube.definition = undefined;
      },
    },
    'CrdDeleted',
    ['connect', 'delete Delete'],
  ],
  [
    '… and nobody can let it go',
    deleted({ status: {}, metadata: { annotations: { [ABANDON]: 'u' } } }),
    undefined,
    { kind: { isExternal: false } },
    'Deleted',
    ['connect', 'delete Delete'],
  ],
  [
    "the predecessor's finalizer holds it alone",
    deleted({ metadata: { finalizers: [LEGACY_FINALIZER] } }),
    ours,
    {},
    'Deleted',
    [...LOOKED, 'delete Delete', 'observe'],
  ],
];
for (const [title, object, thing, options, how, calls] of rows) {
  test(`a deletion: ${title}: ${how}`, async (t) => {
    const ended = await end(t, object, thing, options);
    assert.deepEqual([ended.how, ended.calls], [how, calls]);
  });
}

test("a deletion: nothing of ours holds it: it is somebody else's to end", async (t) => {
  for (const finalizers of [['somebody/else'], undefined]) {
    const { calls, stage } = await end(t, deleted({ metadata: { finalizers } }), ours);
    assert.deepEqual([calls, stage.kube.writes, stage.lines.at(-1)?.['reason']], [[], [], 'NeverOwned']);
  }
});

test("a deletion: other people's finalizers stay, and hold it", async (t) => {
  const { stage } = await end(
    t,
    deleted({ metadata: { finalizers: [FINALIZER, 'somebody/else', LEGACY_FINALIZER] } }),
    ours,
  );
  assert.deepEqual(stage.object.metadata.finalizers, ['somebody/else']);
});

test('a deletion: the target is what was recorded; without a record, what the spec says in its account', async (t) => {
  const targets: unknown[] = [];
  const kind: Partial<ToyKind> = {
    connect: (_resource, target) => {
      targets.push(target);
      return Promise.resolve('client');
    },
    hasLegacyClaim: () => true,
  };
  await end(t, deleted({ spec: { name: 'renamed' } }), ours, { kind });
  await end(t, deleted({ spec: { name: 'renamed' }, status: {} }), ours, { kind });
  assert.deepEqual(targets, [
    { ...TARGET, provider: PROVIDER, identity: 'id-1' },
    { ...TARGET, provider: PROVIDER, name: 'renamed' },
  ]);
});

test('a deletion: the lines of the calls that delete say by which policy', async (t) => {
  const stage: Stage = new Stage(t, deleted(), {
    kind: {
      delete: () => {
        stage.thing = undefined;
        stage.log.info({}, 'deleting');
        return Promise.resolve({ type: 'Done' });
      },
    },
  });
  stage.thing = ours;
  await stage.pass();
  const line = stage.lines.find(({ message }) => message === 'deleting');
  assert.equal(line?.['reason'], 'deletionPolicy Delete');
});
