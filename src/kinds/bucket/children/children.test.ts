import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BucketSpecInput } from '../../../api/bucket.ts';
import { accessLevelPolicy } from '../../../wasabi/policy/access-levels.ts';
import { isSamePolicy } from '../../../wasabi/policy/canonical.ts';
import { parseSpecPolicy } from '../../../wasabi/policy/parse.ts';
import { CHILD_KINDS, childKey, parentKey } from './child-kinds.ts';
import { desiredChildren, diffChildren } from './desired.ts';
import type { FoundChildren } from './found.ts';
import { childManifest, isApplied } from './manifest.ts';
import { all, bucketOf, failing, found, inherited, type Sketches } from './testing/sketches.ts';
import { childrenVerdict } from './verdict.ts';

interface Row {
  readonly title: string;
  readonly autoManage: BucketSpecInput['autoManage'];
  readonly there: Sketches;
  readonly changes: readonly string[];
  /** Reason of the failure or of what is waited for; `!`: known not to work. */
  readonly says: string;
  readonly secret?: string | undefined;
}

const SECRET = 'logs-accesskey-credentials';
const rows: readonly Row[] = [
  { title: 'without the block nothing is made', autoManage: undefined, there: {}, changes: [], says: '' },
  { title: 'the user comes first', autoManage: {}, there: {}, changes: ['Apply:User'], says: '!ChildNotReady' },
  {
    title: 'a user that is not ready is waited for',
    autoManage: {},
    there: { User: { conditions: [] } },
    changes: [],
    says: '!ChildNotReady',
  },
  {
    title: 'the verdict of the predecessor on its user counts for nothing',
    autoManage: {},
    there: { User: { conditions: [{ type: 'Ready', status: 'True' }] } },
    changes: [],
    says: '!ChildNotReady',
  },
  {
    title: 'policy and key follow a user that is ready',
    autoManage: {},
    there: { User: {} },
    changes: ['Apply:AccessKey', 'Apply:BucketPolicy'],
    says: '!ChildNotReady',
  },
  { title: 'all there and ready', autoManage: {}, there: all, changes: [], says: '', secret: SECRET },
  {
    title: 'an edit that a child has not looked at yet leaves the Bucket usable',
    autoManage: {},
    there: { ...all, User: { generation: 2 } },
    changes: [],
    says: 'ChildNotReady',
    secret: SECRET,
  },
  {
    title: 'no Secret is named while the key does not work',
    autoManage: {},
    there: { ...all, AccessKey: { conditions: [failing('SecretNotOurs')] } },
    changes: [],
    says: '!ChildNotReady AccessKey logs-accesskey is not ready: SecretNotOurs',
  },
  {
    title: 'an edit is followed',
    autoManage: { accessLevel: 'full' },
    there: { ...all, User: { spec: { policy: { version: '2012-10-17', statement: [] } } } },
    changes: ['Apply:User'],
    says: '',
    secret: SECRET,
  },
  {
    title: 'fields that never change stand as they are, and so does what others set',
    autoManage: { userName: 'new' },
    there: {
      User: { spec: { name: 'old', adoptionPolicy: 'AdoptOrCreate' } },
      BucketPolicy: { spec: { bucketRef: { name: 'logs', namespace: 'a' } } },
      AccessKey: { spec: { providerRef: { name: 'other' } } },
    },
    changes: [],
    says: '',
    secret: SECRET,
  },
  {
    title: 'a user that somebody else owns is left alone, and nothing is built on it',
    autoManage: {},
    there: { User: { owner: 'nobody' } },
    changes: [],
    says: '!ChildNotOurs User logs-user exists and does not belong',
  },
  {
    title: 'an object with another controller is a conflict',
    autoManage: {},
    there: { ...all, AccessKey: { owner: 'disputed' }, BucketPolicy: { owner: 'stranger' } },
    changes: [],
    says: '!ChildNotOurs AccessKey logs-accesskey, BucketPolicy logs-policy exists',
  },
  {
    title: 'children of the predecessor are taken over',
    autoManage: {},
    there: inherited,
    changes: ['Apply:User', 'Apply:AccessKey', 'Apply:BucketPolicy'],
    says: '',
    secret: SECRET,
  },
  {
    title: 'so are those of an earlier incarnation',
    autoManage: {},
    there: { ...all, User: { owner: 'earlier' } },
    changes: ['Apply:User'],
    says: '',
    secret: SECRET,
  },
  {
    title: 'what this Bucket let go of is taken back',
    autoManage: {},
    there: { User: { owner: 'released' }, AccessKey: { owner: 'released' }, BucketPolicy: { owner: 'released' } },
    changes: ['Apply:User', 'Apply:AccessKey', 'Apply:BucketPolicy'],
    says: '',
    secret: SECRET,
  },
  {
    title: 'but not what somebody else owns or manages since',
    autoManage: {},
    there: { ...all, AccessKey: { owner: 'reowned' }, BucketPolicy: { owner: 'helm' } },
    changes: [],
    says: '!ChildNotOurs AccessKey logs-accesskey, BucketPolicy logs-policy exists',
  },
  {
    title: 'switched off: what was let go of stays, whatever the annotation says',
    autoManage: { enabled: false },
    there: { User: { owner: 'released' }, AccessKey: { owner: 'released' } },
    changes: [],
    says: '',
  },
  {
    title: 'without the block those of the predecessor stay',
    autoManage: undefined,
    there: inherited,
    changes: [],
    says: '',
  },
  {
    title: 'without the block our own become independent',
    autoManage: undefined,
    there: all,
    changes: ['Release:User', 'Release:AccessKey', 'Release:BucketPolicy'],
    says: '',
  },
  {
    title: 'switched off: the key goes first',
    autoManage: { enabled: false },
    there: all,
    changes: ['Delete:AccessKey'],
    says: 'ChildrenDeleting go one after another',
  },
  {
    title: 'switched off: the others wait for it',
    autoManage: { enabled: false },
    there: { ...all, AccessKey: { isGoing: true } },
    changes: [],
    says: 'ChildrenDeleting go one after another',
  },
  {
    title: 'switched off: what holds one back is told',
    autoManage: { enabled: false },
    there: {
      ...all,
      AccessKey: { isGoing: true, conditions: [{ type: 'DeletionBlocked', status: 'True', reason: 'AccessDenied' }] },
    },
    changes: [],
    says: 'ChildrenDeleting AccessKey logs-accesskey is held back: AccessDenied',
  },
  {
    title: 'switched off: those of the predecessor go, too',
    autoManage: { enabled: false },
    there: { User: { owner: 'legacy' }, BucketPolicy: { owner: 'legacy' } },
    changes: ['Delete:BucketPolicy'],
    says: 'ChildrenDeleting',
  },
  {
    title: 'switched off: what is not ours stays, and nobody waits for it',
    autoManage: { enabled: false },
    there: { User: { owner: 'nobody' } },
    changes: [],
    says: '',
  },
  {
    title: 'a child that somebody deletes is made again once it is gone',
    autoManage: {},
    there: { ...all, AccessKey: { isGoing: true } },
    changes: [],
    says: '!ChildNotReady',
  },
];

for (const { title, autoManage, there, changes, says, secret } of rows) {
  test(`children: ${title}`, () => {
    const bucket = bucketOf(autoManage);
    const children = found(bucket, there);
    const desired = desiredChildren(bucket, children);
    assert.deepEqual(
      diffChildren(desired, children).map(({ type }) => type),
      changes,
    );
    const verdict = childrenVerdict(desired, children);
    const error = verdict.failure ?? verdict.awaited;
    const [reason = '', ...text] = says.split(' ');
    assert.equal(`${verdict.isUnusable ? '!' : ''}${error?.reason ?? ''}`, reason);
    assert.ok((error?.message ?? '').includes(text.join(' ')), error?.message);
    assert.equal(verdict.credentialsSecret, secret);
  });
}

test('children: names that would be too long are told, and nothing is made', () => {
  const bucket = bucketOf({}, {}, 'x'.repeat(232));
  const desired = desiredChildren(bucket, {});
  assert.deepEqual(diffChildren(desired, {}), []);
  assert.match(childrenVerdict(desired, {}).failure?.message ?? '', /^metadata\.name: 232 characters are too many/);
});

test('children: the Secret that the predecessor named stays named as long as its AccessKey is there', () => {
  const bucket = bucketOf(undefined, { credentialsSecret: SECRET });
  const secretOf = (children: FoundChildren) =>
    childrenVerdict(desiredChildren(bucket, children), children).credentialsSecret;
  assert.equal(secretOf(found(bucket, inherited)), SECRET);
  assert.equal(secretOf({}), undefined);
});

for (const level of ['readonly', 'readwrite', 'full'] as const) {
  test(`children: ${level} is the policy of the user and, for that user alone, of the bucket`, () => {
    const bucket = bucketOf({ accessLevel: level });
    const { policy } = childManifest('User', bucket, undefined).spec;
    const wanted = accessLevelPolicy(level, 'team-logs');
    assert.ok(isSamePolicy(parseSpecPolicy(policy, { place: 'Inline' }), wanted));
    const { policy: onBucket } = childManifest('BucketPolicy', bucket, undefined).spec as {
      policy: { statement: { principalRefs: unknown }[] };
    };
    for (const { principalRefs, ...statement } of onBucket.statement) {
      assert.deepEqual(principalRefs, [{ kind: 'User', name: 'logs-user' }]);
      assert.equal('sid' in statement, false);
    }
    const bare = onBucket.statement.map(({ principalRefs: _refs, ...statement }) => statement);
    assert.ok(isSamePolicy(parseSpecPolicy({ ...onBucket, statement: bare }, { place: 'Inline' }), wanted));
  });
}

test('children: rotation is passed on, within what two keys allow', () => {
  const rotateOf = (autoManage: BucketSpecInput['autoManage']) =>
    childManifest('AccessKey', bucketOf(autoManage), undefined).spec['rotate'];
  assert.deepEqual(rotateOf({}), { enabled: false, intervalDays: 90, previousKeysRetentionDays: 7 });
  assert.deepEqual(rotateOf({ rotation: {} }), { enabled: true, intervalDays: 90, previousKeysRetentionDays: 7 });
  assert.deepEqual(rotateOf({ rotation: { intervalDays: 5 } }), {
    enabled: true,
    intervalDays: 5,
    previousKeysRetentionDays: 4,
  });
});

test('children: outputs and restart are passed on, those for this bucket where they name no other', () => {
  const specOf = (autoManage: BucketSpecInput['autoManage']) =>
    childManifest('AccessKey', bucketOf(autoManage), undefined).spec;
  const none = specOf({});
  assert.deepEqual([none['outputs'], none['restart']], [[], []]);
  const restart = [{ kind: 'Deployment', name: 'web' } as const];
  const own = { name: 'env', preset: 'aws-env', parameters: { key: 'x' } } as const;
  const other = { name: 'other', preset: 'obc', parameters: { bucket: 'theirs' } } as const;
  const all = specOf({ outputs: [own, other], restart });
  assert.deepEqual(all['restart'], restart);
  const { name: bucket } = bucketOf({}).spec;
  const [first, second] = all['outputs'] as { parameters: object }[];
  assert.deepEqual(first, { ...own, parameters: { bucket, key: 'x' } });
  assert.deepEqual(second, other);
});

test('children: what leaves the block leaves the key, and nothing is written where nothing is asked for', () => {
  const manifest = childManifest('AccessKey', bucketOf({}), undefined);
  const { metadata, spec } = manifest;
  const object = (more: object) => {
    const { outputs: _outputs, restart: _restart, ...rest } = spec;
    const time = { uid: 'x', resourceVersion: '1', creationTimestamp: '2026-05-01T12:00:00Z' };
    return { ...manifest, metadata: { ...metadata, ...time }, spec: { ...rest, ...more } };
  };
  assert.equal(isApplied(manifest, object({})), true);
  assert.equal(isApplied(manifest, object({ outputs: [], restart: [] })), true);
  assert.equal(isApplied(manifest, object({ outputs: [{ name: 'a', preset: 'original' }] })), false);
  assert.equal(isApplied(manifest, object({ restart: [{ kind: 'Deployment', name: 'web' }] })), false);
});

test('children: each name leads back to its Bucket, and no other name does', () => {
  const bucket = bucketOf({});
  for (const kind of CHILD_KINDS) {
    assert.deepEqual(parentKey(kind, childKey(kind, bucket)), { namespace: 'a', name: 'logs' });
    assert.equal(parentKey(kind, { namespace: 'a', name: 'logs' }), undefined);
  }
  assert.equal(parentKey('Secret', { namespace: 'a', name: 'logs-user' }), undefined);
  assert.equal(parentKey('User', { namespace: 'a', name: '-user' }), undefined);
});
