import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AccessKey } from '../../api/access-key.ts';
import { CLAIM_KEYS, FREEZE, ROTATE_REQUESTED_AT } from '../../managed/annotations.ts';
import type { KeyFacts, Recovery } from './facts.ts';
import { recover } from './recovery.ts';
import { accessKeyStatus, type StatusContext } from './status.ts';
import { book, DAY, expired, facts, INSIDE, key, mint, NAMES, NOW, previous, rotate, secret } from './testing/facts.ts';

const context = {
  userName: 'team',
  desired: { names: NAMES },
  readinessTimeoutMs: 60_000,
  rejectsUnsupported: false,
} as StatusContext; // nothing else of it is read

function object(changes: { spec?: object; status?: object; annotations?: object } = {}): AccessKey {
  return {
    metadata: { name: 'it', namespace: 'a', uid: 'u', annotations: changes.annotations },
    spec: { userRef: { name: 'team' }, ...changes.spec },
    status: changes.status,
  } as unknown as AccessKey; // nothing else of it is read
}

const settled = { book: book({ ownKeys: ['A'], currentKey: 'A' }), keys: [key('A')], wanted: secret('A') };

interface Scene extends Partial<KeyFacts> {
  readonly resource?: AccessKey;
  readonly applied?: readonly string[];
  readonly context?: Partial<StatusContext>;
  readonly hasUser?: boolean;
  readonly recovery?: Partial<Recovery>;
}

function statusOf({ resource = object(), applied = [], context: more, hasUser = true, recovery, ...changes }: Scene) {
  const read = facts(changes);
  const observed = { hasUser, facts: read, recovery: { ...recover(read), ...recovery } };
  return accessKeyStatus(resource, observed, { nowMs: NOW, applied, isProven: true }, { ...context, ...more });
}

function failureOf(scene: Scene) {
  const { failure } = statusOf(scene);
  return failure && [failure.type, failure.reason, failure.message, failure.retryAfterMs];
}

test('status: a key that works is named, with its Secret and its time', () => {
  assert.deepEqual(statusOf(settled), {
    fields: {
      accessKeyId: 'A',
      secretName: NAMES.wanted,
      created: true,
      frozen: undefined,
      lastRotateTime: '2026-04-30T12:00:00Z',
      nextRotateTime: undefined,
      retireTime: undefined,
      foreignKeys: undefined,
    },
    conditions: [],
    unsupported: [],
    events: [],
    failure: undefined,
    isUnusable: false,
    wakeAfterMs: undefined,
  });
});

test('status: a key that does not work is not named', () => {
  const { fields, isUnusable } = statusOf({ ...settled, wanted: secret('A', { credential: 'Pending' }) });
  assert.deepEqual(
    [fields['accessKeyId'], fields['secretName'], fields['lastRotateTime']],
    [undefined, undefined, undefined],
  );
  assert.deepEqual([fields['created'], isUnusable], [false, true]);
  const nothing = statusOf({});
  assert.deepEqual([nothing.fields['created'], nothing.isUnusable, nothing.failure], [false, true, undefined]);
  const stranger = statusOf({ ...settled, wanted: { type: 'NotOurs' } });
  assert.deepEqual([stranger.fields['created'], stranger.isUnusable], [false, true]);
  const timeless = statusOf({ ...settled, keys: [{ id: 'A', createdAtMs: undefined, isActive: true }] });
  assert.deepEqual([timeless.fields['accessKeyId'], timeless.fields['lastRotateTime']], ['A', undefined]);
});

test('status: the earlier name of a Secret is not forgotten before it is gone', () => {
  const { fields } = statusOf({ ...settled, earlier: [{ name: 'old', fact: secret('A') }] });
  assert.deepEqual([fields['accessKeyId'], 'secretName' in fields], ['A', false]);
});

test('status: when the key is replaced, when the previous one goes, and when to look again', () => {
  const due = statusOf({ ...settled, rotate: rotate({ intervalMs: 7 * DAY }) });
  assert.deepEqual([due.fields['nextRotateTime'], due.wakeAfterMs], ['2026-05-07T12:00:00Z', 6 * DAY]);
  const rotation = { step: 'Retaining', reason: 'Due', sinceMs: NOW - DAY, previousKey: 'A' } as const;
  const retaining = {
    book: book({ ownKeys: ['A', 'B'], currentKey: 'B', previousSecrets: [NAMES.previous], rotation }),
    keys: [key('A', 9 * DAY), key('B')],
    wanted: secret('B'),
    previous: [{ ...previous('A'), name: NAMES.previous }],
  };
  const times = ({ fields }: ReturnType<typeof statusOf>) => [fields['nextRotateTime'], fields['retireTime']];
  assert.deepEqual(times(statusOf(retaining)), [undefined, '2026-05-07T12:00:00Z']);
  const asked = { ...retaining, rotate: rotate({ isRequested: true, intervalMs: 90 * DAY }) };
  assert.deepEqual(times(statusOf(asked)), ['2026-05-07T12:00:00Z', '2026-05-07T12:00:00Z']);
});

test('status: a request to rotate is recorded once it is not pending', () => {
  const resource = object({ annotations: { [ROTATE_REQUESTED_AT]: 'now' } });
  assert.equal(statusOf({ ...settled, resource }).fields['lastHandledRotateAt'], 'now');
  assert.equal('lastHandledRotateAt' in statusOf(settled).fields, false);
  const pending = statusOf({ ...settled, resource, rotate: rotate({ isRequested: true }) });
  assert.equal('lastHandledRotateAt' in pending.fields, false);
});

test('status: keys of nobody are named, with what to do', () => {
  const ids = Array.from({ length: 17 }, (_, index) => `F${index + 10}`);
  const { fields, conditions } = statusOf({ ...settled, recovery: { foreign: ids } });
  assert.deepEqual(fields['foreignKeys'], ids.slice(0, 16));
  const [condition, ...more] = conditions ?? [];
  assert.deepEqual(
    [condition?.type, condition?.status, condition?.reason, more],
    ['ForeignKey', 'True', 'ForeignKey', []],
  );
  assert.match(condition?.message ?? '', new RegExp(`F10, F11, .*list it in the annotation ${CLAIM_KEYS}`));
  const elsewhere = object({ spec: { userRef: { name: 'team', namespace: 'b' } } });
  const theirs = statusOf({ ...settled, resource: elsewhere, recovery: { foreign: ['F'] } });
  assert.match(theirs.conditions?.[0]?.message ?? '', /the owner of the User decides about them$/);
});

test('status: keys of nobody are told once', () => {
  const events = (foreign: readonly string[], known: readonly string[]) => {
    const resource = object({ status: { foreignKeys: known } });
    return statusOf({ ...settled, resource, recovery: { foreign } }).events?.map(
      ({ reason, note }) => `${reason}: ${note}`,
    );
  };
  assert.deepEqual(events(['F', 'G'], ['G']), [
    'ForeignKey: user "team" has 1 access key(s) that no AccessKey accounts for; the condition ForeignKey lists them',
  ]);
  assert.deepEqual(events(['F'], ['F']), []);
});

test('status: the user is gone', () => {
  const said = 'spec.userRef: the service has no user "team" (any more)';
  assert.deepEqual(failureOf({ hasUser: false }), ['DependencyNotReady', 'UserNotReady', said, undefined]);
});

test('status: what the service cannot do is refused where the Provider says so', () => {
  const resource = object({ spec: { policy: {} } });
  assert.deepEqual(statusOf({ ...settled, resource }).unsupported, ['spec.policy']);
  assert.equal(failureOf({ ...settled, resource }), undefined);
  const refused = failureOf({ ...settled, resource, context: { rejectsUnsupported: true } });
  assert.deepEqual(refused?.slice(0, 2), ['InvalidSpec', 'Unsupported']);
  assert.equal(failureOf({ ...settled, context: { rejectsUnsupported: true } }), undefined);
});

test('status: a window that cannot be is told', () => {
  const window = { schedule: 'at night', durationMinutes: 1, timeZone: 'UTC' };
  const failure = failureOf({ ...settled, resource: object({ spec: { rotate: { window } } }) });
  assert.deepEqual(failure?.slice(0, 2), ['InvalidSpec', 'InvalidSpec']);
});

const other = { holder: 'other' };
const failures: readonly (readonly [
  title: string,
  scene: Scene,
  type: string,
  reason: string,
  says: RegExp,
  retryMs?: number,
])[] = [
  [
    'a create under way',
    { book: book({ mint: mint(other) }) },
    'Transient',
    'MintUnderWay',
    /2026-05-01T12:00:25Z$/,
    25_000,
  ],
  [
    'a create whose time is nearly over',
    { book: book({ mint: mint({ ...other, untilMs: NOW - 4_500 }) }) },
    'Transient',
    'MintUnderWay',
    /may still be created/,
    1_000,
  ],
  [
    "somebody else's Secret",
    { wanted: { type: 'NotOurs' } },
    'DependencyNotReady',
    'SecretNotOurs',
    /^Secret "it-credentials" exists and is not of this object/,
  ],
  [
    'two keys of nobody',
    { keys: [key('F'), key('G')] },
    'DependencyNotReady',
    'ForeignKey',
    /has two access keys, .*see the condition ForeignKey/,
  ],
  [
    'a freeze',
    { freeze: { isAsked: true, isUserAsked: false, byUser: new Set() } },
    'DependencyNotReady',
    'Frozen',
    /^frozen by the annotation .* on this object/,
  ],
  [
    'a freeze while a create is under way',
    { freeze: { isAsked: true, isUserAsked: false, byUser: new Set() }, book: book({ mint: mint(other) }) },
    'DependencyNotReady',
    'Frozen',
    /^frozen/,
    25_000,
  ],
  [
    'a freeze whose create is nearly over',
    {
      freeze: { isAsked: true, isUserAsked: false, byUser: new Set() },
      book: book({ mint: mint({ ...other, untilMs: NOW - 4_500 }) }),
    },
    'DependencyNotReady',
    'Frozen',
    /^frozen/,
    1_000,
  ],
  [
    'a freeze of the User',
    { freeze: { isAsked: false, isUserAsked: true, byUser: new Set() } },
    'DependencyNotReady',
    'Frozen',
    /^frozen by the annotation .* on User a\/team: /,
  ],
  [
    'a freeze of the User that is not through',
    { ...settled, freeze: { isAsked: false, isUserAsked: true, byUser: new Set() } },
    'DependencyNotReady',
    'Frozen',
    /^User a\/team is being frozen/,
  ],
  [
    'an inactive key',
    { ...settled, wanted: secret('A', { credential: 'Inactive' }) },
    'DependencyNotReady',
    'KeyInactive',
    /was made inactive/,
  ],
  [
    'a key that is not accepted yet',
    { ...settled, keys: [key('A', 60_000)], wanted: secret('A', { credential: 'Pending' }) },
    'Transient',
    'KeyNotUsable',
    /does not accept the access key in Secret "it-credentials" yet$/,
  ],
  [
    'a key that is not accepted for long',
    { ...settled, keys: [key('A', 60_001)], wanted: secret('A', { credential: 'Pending' }) },
    'Transient',
    'KeyNotUsable',
    / yet, for longer than 60 s: delete the Secret/,
  ],
  [
    'a key without a time that is not accepted',
    {
      ...settled,
      keys: [{ id: 'A', createdAtMs: undefined, isActive: true }],
      wanted: secret('A', { credential: 'Pending' }),
    },
    'Transient',
    'KeyNotUsable',
    / yet$/,
  ],
  [
    'a rotation that waits',
    { ...settled, keys: [key('A', 90 * DAY), key('F')], rotate: rotate({ intervalMs: DAY }) },
    'DependencyNotReady',
    'ForeignKey',
    /^the key is due to be replaced/,
  ],
];
for (const [title, scene, type, reason, says, retryMs] of failures) {
  test(`status: what is wrong: ${title}`, () => {
    const [itsType, itsReason, message, retryAfterMs] = failureOf(scene) ?? [];
    assert.deepEqual([itsType, itsReason, retryAfterMs], [type, reason, retryMs]);
    assert.match(String(message), says);
  });
}

test('status: a freeze is expected, and tells of itself', () => {
  const frozen = { freeze: { isAsked: true, isUserAsked: false, byUser: new Set<string>() } };
  assert.equal(statusOf(frozen).failure?.isExpected, true);
  const { fields, events } = statusOf(frozen);
  assert.deepEqual([fields['frozen'], 'created' in fields], [true, false]);
  assert.deepEqual(
    events?.map(({ reason }) => reason),
    ['KeysFrozen'],
  );
  const inactive = {
    ...settled,
    keys: [key('A', DAY, false)],
    wanted: secret('A', { credential: 'Inactive' }),
    book: book({ ownKeys: ['A'], frozenKeys: ['A'] }),
  };
  const was = object({ status: { frozen: true } });
  assert.equal(statusOf({ ...settled, ...frozen, resource: was }).fields['frozen'], true, 'a key is active again');
  assert.equal(statusOf({ ...settled, ...frozen }).fields['frozen'], undefined, 'not yet');
  assert.equal(statusOf({ ...inactive, resource: was }).fields['frozen'], true, 'a thaw that is not through');
  const thawed = statusOf({ ...settled, resource: was });
  assert.deepEqual([thawed.fields['frozen'], thawed.events?.map(({ reason }) => reason)], [undefined, ['KeysThawed']]);
  const between = statusOf({
    ...settled,
    resource: was,
    freeze: { isAsked: false, isUserAsked: true, byUser: new Set() },
  });
  assert.equal(between.fields['frozen'], true);
});

test('status: an annotation that freezes nothing is told', () => {
  const { conditions } = statusOf({ ...settled, resource: object({ annotations: { [FREEZE]: 'yes' } }) });
  assert.deepEqual(
    conditions?.map(({ type }) => type),
    ['FreezeIgnored'],
  );
});

test('status: keys that fill the quota are no failure where one of them is revoked in this pass', () => {
  const scene: Scene = {
    book: book({ mint: mint(expired) }),
    keys: [key('F'), key('G'), key('X', INSIDE)],
  };
  assert.equal(failureOf(scene), undefined);
});

test('status: a key that had to go before its time is told', () => {
  const { events } = statusOf({ ...settled, applied: ['Revoke:EndedEarly'] });
  assert.deepEqual(
    events?.map(({ type, reason }) => `${type} ${reason}`),
    ['Warning KeyRetentionEnded'],
  );
});

test('status: what somebody has to do is told loudly, once for each text', () => {
  const stranger: Scene = { wanted: { type: 'NotOurs' } };
  const message = String(failureOf(stranger)?.[2]);
  const told = (scene: Scene, before?: string) => {
    const conditions = before === undefined ? [] : [{ type: 'Synced', message: before }];
    return statusOf({ ...scene, resource: object({ status: { conditions } }) }).events?.map(({ reason, note }) => [
      reason,
      note,
    ]);
  };
  assert.deepEqual(told(stranger), [['SecretNotOurs', message]]);
  assert.deepEqual(told(stranger, 'something else'), [['SecretNotOurs', message]]);
  assert.deepEqual(told(stranger, message), []);
  const pending = { ...settled, wanted: secret('A', { credential: 'Pending' }) };
  assert.equal(told({ ...pending, keys: [key('A', 60_001)] })?.length, 1, 'it takes long');
  assert.deepEqual(told({ ...pending, keys: [key('A', 1_000)] }), []);
  assert.deepEqual(told({ book: book({ mint: mint(other) }) }), []);
});

test('status: changes of a rotation tell of themselves', () => {
  const { events } = statusOf({ ...settled, applied: ['Rotate:Revoke:Retired'] });
  assert.deepEqual(
    events?.map(({ reason }) => reason),
    ['KeyRetired'],
  );
});
