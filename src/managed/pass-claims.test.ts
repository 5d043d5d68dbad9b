import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ReconcileError } from '../runtime/errors.ts';
import { ACCEPT_ACCOUNT } from './annotations.ts';
import type { Reference } from './references.ts';
import { other, PROVIDER, STARTED, Stage, TARGET, type Thing, type Toy, type ToyKind, toy } from './testing/stage.ts';

const DAY_MS = 86_400_000;
const MARKER = 'c/a/it/u';
const ours: Thing = { size: 1, marker: MARKER, identity: 'id-1', createdAtMs: Date.parse(STARTED) };
const theirs: Thing = { size: 9, marker: 'other/x/y/z', identity: 'id-9', createdAtMs: Date.parse(STARTED) - DAY_MS };
const recorded = { target: { ...TARGET, identity: 'id-1' } };

/** A pass over that object and that thing, and what came of it. */
async function passOver(
  t: TestContext,
  object: Toy,
  thing: Thing | undefined,
  kind: Partial<ToyKind> = {},
  env: ConstructorParameters<typeof Stage>[2] = {},
) {
  const stage = new Stage(t, object, { ...env, kind });
  stage.thing = thing;
  const result = await stage.pass();
  return { stage, result };
}

test('a pass: nothing is made with a Provider that is being deleted, and what was made goes on', async (t) => {
  const ending = other('Provider', 'p');
  const deleted = { ...ending, metadata: { ...ending.metadata, deletionTimestamp: STARTED } };
  const made = async (object: Toy, provider: typeof ending | undefined) => {
    const stage = new Stage(t, object);
    if (provider !== undefined) stage.others.push(provider);
    await stage.pass();
    return [stage.conditions.at(-1), stage.thing?.size];
  };
  assert.deepEqual(await made(toy(), deleted), ['Synced: False ProviderNotReady', undefined]);
  assert.deepEqual(await made(toy({ status: { target: TARGET } }), deleted), ['Synced: True InSync', 1]);
  assert.deepEqual(await made(toy(), ending), ['Synced: True InSync', 1]);
  assert.deepEqual(await made(toy(), undefined), ['Synced: True InSync', 1]);
});

test('a pass: a name that is fixed', async (t) => {
  const renamed = (nameIsFixed: string | undefined, accountId = '1') =>
    passOver(t, toy({ spec: { name: 'another' }, status: { target: { ...TARGET, accountId } } }), undefined, {
      ...(nameIsFixed !== undefined && { nameIsFixed }),
    }).then(({ stage }) => [stage.message('Synced'), stage.thing?.size]);
  assert.deepEqual(await renamed('name cannot change'), ['spec.name: name cannot change', undefined]);
  assert.deepEqual(await renamed(undefined), ['The last pass found nothing left to change.', 1]);
  assert.deepEqual(await renamed('name cannot change', ''), ['The last pass found nothing left to change.', 1]);
  const same = await passOver(t, toy({ status: recorded }), ours, { nameIsFixed: 'name cannot change' });
  assert.equal(same.stage.conditions.at(-1), 'Synced: True InSync');
});

test('a pass: another account than the one it was made in is acted on by consent only', async (t) => {
  const elsewhere = { target: { ...TARGET, accountId: '2', identity: 'id-2' } };
  const refused = await passOver(t, toy({ status: elsewhere }), undefined);
  assert.equal(refused.stage.conditions.at(-1), 'Synced: False AccountChanged');
  assert.match(refused.stage.message('Synced') ?? '', /leads to account 1, .* was made in account 2: .* to 1$/);
  const wrong = await passOver(
    t,
    toy({ status: elsewhere, metadata: { annotations: { [ACCEPT_ACCOUNT]: '2' } } }),
    undefined,
  );
  assert.equal(wrong.stage.conditions.at(-1), 'Synced: False AccountChanged');
  const accepted = toy({ status: elsewhere, metadata: { annotations: { [ACCEPT_ACCOUNT]: '1' } } });
  const { stage } = await passOver(t, accepted, { ...ours, marker: undefined, identity: 'id-2' });
  assert.equal(stage.conditions.at(-1), 'Synced: False AlreadyExists', 'an identity of another account proves nothing');
});

test('a pass: the recorded identity proves what has no marker, under its name', async (t) => {
  const unmarked = { ...ours, marker: undefined };
  const { stage } = await passOver(t, toy({ status: recorded }), unmarked);
  assert.equal(stage.thing?.marker, MARKER);
  const renamed = await passOver(t, toy({ status: recorded, spec: { name: 'another' } }), unmarked);
  assert.equal(renamed.stage.conditions.at(-1), 'Synced: False AlreadyExists', 'that is the identity of another one');
});

test('a pass: an open intent of a create proves what was made within it, in its account', async (t) => {
  const [time, deadline] = [STARTED, '2026-01-01T00:01:00Z'];
  const intent = { action: 'Create', attempt: 1, holder: 'gone', epoch: 1, time, deadline } as const;
  const made = (status: object, createdAtMs: number) =>
    passOver(t, toy({ status }), { ...ours, marker: undefined, createdAtMs }).then(({ stage }) =>
      stage.conditions.at(-1),
    );
  const inside = Date.parse(STARTED) + 30_000;
  assert.equal(await made({ target: TARGET, intent }, inside), 'Synced: True InSync');
  assert.equal(await made({ target: TARGET, intent }, Date.parse(deadline) + 5_001), 'Synced: False AlreadyExists');
  assert.equal(
    await made({ target: TARGET, intent: { ...intent, action: 'Delete' } }, inside),
    'Synced: False AlreadyExists',
  );
  assert.equal(await made({ target: { ...TARGET, accountId: '' }, intent }, inside), 'Synced: False AlreadyExists');
});

test("a pass: the predecessor's claim holds in its account", async (t) => {
  const legacy = { hasLegacyClaim: () => true };
  const claimed = (status: object | undefined, createdAtMs: number, kind: Partial<ToyKind> = legacy) =>
    passOver(t, toy(status && { status }), { ...ours, marker: undefined, createdAtMs }, kind).then(({ stage }) => [
      stage.conditions.at(-1),
      stage.thing?.marker,
    ]);
  const madeMs = Date.parse('2025-12-31T00:00:00Z');
  assert.deepEqual(await claimed(undefined, madeMs), ['Synced: True InSync', MARKER]);
  assert.deepEqual(
    await claimed(undefined, madeMs - DAY_MS),
    ['Synced: True InSync', undefined],
    'older: managed alone',
  );
  assert.deepEqual(await claimed({ target: TARGET }, madeMs), ['Synced: True InSync', MARKER]);
  assert.deepEqual(await claimed({ target: { ...TARGET, accountId: '' } }, madeMs), [
    'Synced: False AlreadyExists',
    undefined,
  ]);
  assert.deepEqual(await claimed(undefined, madeMs, {}), ['Synced: False AlreadyExists', undefined]);
});

const FAR = { namespace: 'far', name: 'p' };
const farProvider = (tenancy?: object) => {
  const found = other('Provider', 'p', { spec: tenancy === undefined ? {} : { tenancy } });
  return { ...found, metadata: { ...found.metadata, namespace: 'far' } };
};
for (const [title, provider, tenancy, isTaken] of [
  ['in the namespace of its Provider', PROVIDER, undefined, true],
  ['with a Provider elsewhere that permits it', FAR, { adoption: 'All' }, true],
  ['with a Provider elsewhere that permits none', FAR, { adoption: 'None' }, false],
  ['with a Provider elsewhere that says nothing', FAR, undefined, false],
] as const) {
  test(`a pass: what is there is taken over ${title}: ${isTaken}`, async (t) => {
    const stage = new Stage(t, toy({ spec: { adoptionPolicy: 'AdoptOrCreate' } }), {
      kind: { resolve: () => ({ ...TARGET, provider }) },
    });
    stage.others.push(farProvider(tenancy));
    stage.thing = { ...ours, marker: undefined };
    await stage.pass();
    assert.equal(stage.conditions.at(-1), isTaken ? 'Synced: True InSync' : 'Synced: False NotPermitted');
  });
}

test('a pass: without the Provider of another namespace nothing is taken over', async (t) => {
  const object = toy({ spec: { adoptionPolicy: 'AdoptOrCreate' } });
  const { stage } = await passOver(t, object, theirs, { resolve: () => ({ ...TARGET, provider: FAR }) });
  assert.equal(stage.conditions.at(-1), 'Synced: False NotPermitted');
});

/** Made before the object of these tests. */
const older = toy({ metadata: { name: 'older', uid: 'older', creationTimestamp: '2020-01-01T00:00:00Z' } });
const reference: Reference = {
  path: 'spec.providerRef',
  group: 's3.cloud37.dev',
  kind: 'Provider',
  key: FAR,
  isLegacy: false,
  blocksDeletion: true,
};
const rivals: readonly (readonly [
  title: string,
  rival: Toy,
  kind: Partial<ToyKind>,
  env: object,
  verdict: 'ClaimedByOther' | 'InSync',
])[] = [
  ['an older one', older, {}, {}, 'ClaimedByOther'],
  [
    'an older one of another account, as recorded',
    { ...older, status: { target: { ...TARGET, accountId: '2' } } },
    {},
    {},
    'InSync',
  ],
  ['an older one of this account, as recorded', { ...older, status: { target: TARGET } }, {}, {}, 'ClaimedByOther'],
  ['an older one of another service', older, {}, { isSameService: () => false }, 'InSync'],
  [
    'an older one of this service, by the Provider that it recorded',
    { ...older, status: { target: { ...TARGET, provider: 'b/q' } } },
    {},
    { isSameService: (its: { namespace: string; name: string }) => its.namespace === 'b' && its.name === 'q' },
    'ClaimedByOther',
  ],
  [
    'an older one whose references lead nowhere',
    older,
    {
      resolve: ({ metadata }) => {
        if (metadata.name === 'older') throw new ReconcileError('DependencyNotReady', 'no Provider');
        return { ...TARGET, provider: PROVIDER };
      },
    },
    {},
    'InSync',
  ],
  [
    'an older one whose references nobody grants',
    older,
    { references: ({ metadata }) => (metadata.name === 'older' ? [reference] : []) },
    {},
    'InSync',
  ],
  [
    'an older one that is not in the way, with one in the same namespace',
    older,
    { references: () => [{ ...reference, key: PROVIDER }] },
    {},
    'ClaimedByOther',
  ],
];
for (const [title, rival, kind, env, verdict] of rivals) {
  test(`a pass: two objects of one thing, ${title}: ${verdict}`, async (t) => {
    const stage = new Stage(t, toy(), { kind, env });
    stage.namesakes.push(rival);
    await stage.pass();
    assert.match(stage.conditions.at(-1) ?? '', new RegExp(`^Synced: \\w+ ${verdict}$`));
  });
}

test('a pass: a defect in telling where a rival leads is a defect of the pass', async (t) => {
  const stage = new Stage(t, toy(), {
    kind: {
      resolve: ({ metadata }) => {
        if (metadata.name === 'older') throw new TypeError('not a function');
        return { ...TARGET, provider: PROVIDER };
      },
    },
  });
  stage.namesakes.push(older);
  assert.deepEqual(await stage.pass(), { type: 'retry' });
  assert.equal(stage.conditions.at(-1), 'Synced: False Internal');
});

test('a pass, mode Observe: rivals do not matter; with --observe-only the plan shows who would have it', async (t) => {
  const verdict = async (object: Toy, observeOnly: boolean) => {
    const stage = new Stage(t, object, { env: { observeOnly } });
    stage.namesakes.push(older);
    stage.thing = ours;
    await stage.pass();
    return stage.conditions.at(-1);
  };
  assert.equal(await verdict(toy({ spec: { mode: 'Observe' } }), false), 'Synced: True Observed');
  assert.equal(await verdict(toy(), true), 'Synced: True Observed', 'the marker says so');
});
