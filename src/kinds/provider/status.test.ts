import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Provider, ProviderStatus } from '../../api/provider.ts';
import type { Reason } from '../../api/reasons.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import type { ObservedProvider } from './observe.ts';
import { providerStatus } from './status.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

function provider(status?: ProviderStatus, annotations: Record<string, string> = {}): Provider {
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Provider',
    metadata: { name: 'p', namespace: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '', annotations },
    spec: {
      type: 'wasabi',
      region: 'us-east-1',
      pathStyle: true,
      auth: {
        accessKeySecretRef: { name: 's', key: 'access-key' },
        secretKeySecretRef: { name: 's', key: 'secret-key' },
      },
    },
    ...(status === undefined ? {} : { status }),
  };
}

const answered: ObservedProvider = {
  failure: undefined,
  isRefused: false,
  isAccepted: true,
  triedVersion: 's@1',
  accountId: '100000000001',
  identityArn: 'arn:aws:iam::100000000001:root',
  endpoint: 'https://s3.wasabisys.com',
  isS3Reachable: true,
  iam: { type: 'Reachable' },
  secrets: [],
};
const refused: ObservedProvider = {
  ...answered,
  failure: new ReconcileError('DependencyNotReady', 'wrong key', { reason: 'AuthFailed' }),
  isRefused: true,
  isAccepted: false,
  accountId: undefined,
  identityArn: undefined,
  iam: undefined,
};

const types = (observed: ObservedProvider, resource = provider()) =>
  (providerStatus(resource, observed, NOW).conditions ?? []).map((c) => `${c.type}: ${c.status} ${c.reason}`);

test('provider status: the first answer pins the account', () => {
  const { fields, failure } = providerStatus(provider(), answered, NOW);
  assert.equal(failure, undefined);
  assert.deepEqual(fields, {
    connected: true,
    lastConnectTime: '2026-03-01T12:00:00Z',
    accountId: '100000000001',
    identityArn: 'arn:aws:iam::100000000001:root',
    endpoint: 'https://s3.wasabisys.com',
    authFailures: undefined,
    protectedSecrets: undefined,
  });
  assert.deepEqual(types(answered), [
    'AuthValid: True Authenticated',
    'EndpointReachable: True Reachable',
    'IAMReachable: True Reachable',
  ]);
});

test('provider status: a settled Provider moves no time', () => {
  const settled = provider({ connected: true, accountId: '100000000001', lastConnectTime: '2026-01-01T00:00:00Z' });
  assert.equal('lastConnectTime' in providerStatus(settled, answered, NOW).fields, false);
});

test('provider status: another account is refused until somebody accepts it', () => {
  const pinned: ProviderStatus = { connected: true, accountId: '100000000009' };
  const changed = providerStatus(provider(pinned), answered, NOW);
  assert.equal(changed.failure?.type, 'InvalidSpec');
  assert.equal(changed.failure.reason, 'AccountChanged');
  assert.equal('accountId' in changed.fields, false);
  assert.equal(changed.isUnusable, true);
  assert.ok(types(answered, provider(pinned)).includes('AuthValid: True AccountChanged'));
  const accepted = provider(pinned, { 's3.cloud37.dev/accept-account': '100000000001' });
  assert.equal(providerStatus(accepted, answered, NOW).fields['accountId'], '100000000001');
  const other = provider(pinned, { 's3.cloud37.dev/accept-account': '100000000002' });
  assert.equal(providerStatus(other, answered, NOW).failure?.reason, 'AccountChanged');
});

test('provider status: the account is pinned at one service; another one needs consent for both', () => {
  const pinned: ProviderStatus = { accountId: '100000000001', endpoint: 'https://minio.example.com' };
  const judge = (endpoint: string, accountId = '100000000001', annotation?: string) => {
    const annotations: Record<string, string> =
      annotation === undefined ? {} : { 's3.cloud37.dev/accept-account': annotation };
    return providerStatus(provider(pinned, annotations), { ...answered, accountId, endpoint }, NOW);
  };
  assert.equal(judge('http://minio.example.com').failure, undefined);
  const moved = judge('https://s3.example.com:9000');
  assert.equal(moved.failure?.reason, 'AccountChanged');
  assert.equal(
    moved.failure.message,
    "spec.endpoint leads to https://s3.example.com:9000, where account 100000000001 may be somebody else's, and this Provider is pinned to that account at https://minio.example.com: put the old endpoint back, or, if both are one service, set the annotation s3.cloud37.dev/accept-account to 100000000001@s3.example.com:9000",
  );
  assert.equal('endpoint' in moved.fields, false);
  const consent = '100000000001@s3.example.com:9000';
  assert.equal(
    judge('https://s3.example.com:9000', '100000000001', consent).fields['endpoint'],
    'https://s3.example.com:9000',
  );
  assert.equal(judge('https://s3.example.com:9001', '100000000001', consent).failure?.reason, 'AccountChanged');
  assert.equal(judge('https://s3.example.com:9000', '100000000001', '100000000001').failure?.reason, 'AccountChanged');
  const both = judge('https://s3.example.com:9000', '100000000002');
  assert.match(
    both.failure?.message ?? '',
    /open account 100000000002@s3\.example\.com:9000, .*old credentials and endpoint/,
  );
  // Where nothing tells the account, the host stands for it and is not named twice.
  assert.match(judge('https://s3.example.com', 's3.example.com').failure?.message ?? '', / to s3\.example\.com$/);
});

test('provider status: refused credentials are tried at 60 s, 5 min, then hourly, and the count lives in status', () => {
  let status: ProviderStatus = {};
  const waits = [1, 2, 3, 4].map(() => {
    const next = providerStatus(provider(status), refused, NOW);
    status = { authFailures: next.fields['authFailures'] as NonNullable<ProviderStatus['authFailures']> };
    return next.failure?.retryAfterMs;
  });
  assert.deepEqual(waits, [60_000, 300_000, 3_600_000, 3_600_000]);
  assert.deepEqual(status.authFailures, { count: 4, lastTime: '2026-03-01T12:00:00Z', secretVersion: 's@1' });
  const changed = providerStatus(provider(status), { ...refused, triedVersion: 's@2' }, NOW);
  assert.deepEqual(changed.fields['authFailures'], {
    count: 1,
    lastTime: '2026-03-01T12:00:00Z',
    secretVersion: 's@2',
  });
});

test('provider status: what the service asks for counts when it is longer', () => {
  const failure = new ReconcileError('DependencyNotReady', 'locked', {
    reason: 'AuthenticationLockout',
    retryAfterMs: 300_000,
  });
  assert.equal(providerStatus(provider(), { ...refused, failure }, NOW).failure?.retryAfterMs, 300_000);
});

test('provider status: a failing network says nothing of the credentials', () => {
  const failure = new ReconcileError('Transient', 'no answer', { reason: 'Timeout' });
  const down: ObservedProvider = { ...refused, failure, isRefused: false, isS3Reachable: false };
  assert.deepEqual(types(down), [
    'AuthValid: Unknown Timeout',
    'EndpointReachable: False Timeout',
    'IAMReachable: Unknown Timeout',
  ]);
  const known = provider({ conditions: [{ type: 'AuthValid', status: 'True', reason: 'Authenticated' }] });
  assert.deepEqual(types(down, known), ['EndpointReachable: False Timeout', 'IAMReachable: Unknown Timeout']);
  assert.equal(providerStatus(known, down, NOW).isUnusable, false);
});

/** As a Provider stands that worked a minute ago. */
const worked = provider({
  conditions: ['AuthValid', 'EndpointReachable', 'IAMReachable'].map((type) => ({ type, status: 'True' })),
});

test('provider status: endpoints that were not asked, because an earlier call failed, are not called reachable', () => {
  const failure = new ReconcileError('Transient', 'no connection', { reason: 'ConnectionFailed' });
  const down: ObservedProvider = { ...refused, failure, isRefused: false, isS3Reachable: undefined };
  assert.deepEqual(types(down, worked), [
    'EndpointReachable: Unknown ConnectionFailed',
    'IAMReachable: Unknown ConnectionFailed',
  ]);
});

test('provider status: that another account accepted them is not said of credentials that are gone', () => {
  const stranger = provider({ conditions: [{ type: 'AuthValid', status: 'True', reason: 'AccountChanged' }] });
  const auth = (type: 'DependencyNotReady' | 'Transient', reason: Reason) => {
    const failure = new ReconcileError(type, 'no such Secret', { reason });
    return types(
      { ...refused, failure, isRefused: false, isS3Reachable: undefined, endpoint: undefined },
      stranger,
    ).find((text) => text.startsWith('AuthValid'));
  };
  for (const reason of ['SecretNotFound', 'SecretKeyMissing', 'SecretInvalid'] as const) {
    assert.equal(auth('DependencyNotReady', reason), `AuthValid: Unknown ${reason}`);
  }
  assert.equal(auth('Transient', 'Timeout'), undefined, 'a failing network leaves it as it is');
});

test('provider status: a pass that called nobody leaves what was found, and always names all three', () => {
  const failure = new ReconcileError('DependencyNotReady', 'no such Secret', { reason: 'SecretNotFound' });
  const silent: ObservedProvider = {
    ...refused,
    failure,
    isRefused: false,
    isS3Reachable: undefined,
    triedVersion: undefined,
    endpoint: undefined,
  };
  assert.deepEqual(types(silent, worked), []);
  assert.deepEqual(types(silent), [
    'AuthValid: Unknown SecretNotFound',
    'EndpointReachable: Unknown SecretNotFound',
    'IAMReachable: Unknown SecretNotFound',
  ]);
});

test('provider status: credentials that STS or IAM took are valid, whatever S3 says after that', () => {
  const failure = new ReconcileError('InvalidSpec', 'not here', { reason: 'WrongRegion' });
  const authFailures = { count: 2, lastTime: '2026-03-01T11:00:00Z', secretVersion: 's@1' };
  const wrongRegion: ObservedProvider = { ...answered, failure, accountId: undefined };
  assert.deepEqual(types(wrongRegion), [
    'AuthValid: True Authenticated',
    'EndpointReachable: True Reachable',
    'IAMReachable: True Reachable',
  ]);
  assert.equal(providerStatus(provider({ authFailures }), wrongRegion, NOW).fields['authFailures'], undefined);
});

test('provider status: IAM out of reach, or missing, leaves the Provider usable', () => {
  const error = new ReconcileError('Transient', 'no answer');
  const without = { ...answered, iam: { type: 'Unreachable', error } as const };
  assert.equal(providerStatus(provider(), without, NOW).failure, undefined);
  assert.ok(types(without).includes('IAMReachable: False Transient'));
  assert.ok(types({ ...answered, iam: { type: 'Absent' } }).includes('IAMReachable: False Unsupported'));
});
