import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Provider } from '../../api/provider.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { reconcileErrorOf } from '../../wasabi/errors.ts';
import { type FaultFacts, ServiceFault } from '../../wasabi/service-fault.ts';
import { isAnswerOfS3, providerFailure } from './failure.ts';

function provider(spec: Partial<Provider['spec']> = {}): Provider {
  const auth = {
    accessKeySecretRef: { name: 'keys', key: 'access-key' },
    secretKeySecretRef: { name: 'other', key: 'secret-key', namespace: 'vault' },
    sessionTokenSecretRef: { name: 'keys', key: 'token' },
  };
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Provider',
    metadata: { name: 'p', namespace: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { type: 'wasabi', region: 'eu-centrl-1', pathStyle: true, auth, ...spec },
  };
}

function failure(changes: Partial<FaultFacts>): ReconcileError {
  const facts: FaultFacts = {
    service: 's3',
    operation: 'Op',
    host: 'h',
    status: 403,
    code: '',
    requestId: 'R',
    ...changes,
  };
  return reconcileErrorOf(new ServiceFault(facts), 'us-east-1');
}

const endpoint = 'https://s3.example.com';
const noHost = { status: 0, code: 'ENOTFOUND' };

interface Row {
  readonly title: string;
  readonly facts: Partial<FaultFacts>;
  readonly spec?: Partial<Provider['spec']>;
  /** The whole message, `…` standing for what the service's own row says. */
  readonly says: string;
  readonly isAnswer: boolean | undefined;
  /** Where it is not that of the service's own row. */
  readonly reason?: string;
}

const rows: readonly Row[] = [
  {
    title: 'a region without a host',
    facts: noHost,
    says: 'spec.region "eu-centrl-1": …; the endpoint follows from it: if it is misspelt, correct it',
    isAnswer: false,
  },
  {
    title: 'an endpoint that does not exist',
    facts: noHost,
    spec: { endpoint },
    says: `spec.endpoint "${endpoint}": …; if it is wrong, correct it`,
    isAnswer: false,
  },
  {
    title: 'a region that is not that of the endpoint',
    facts: { code: 'AuthorizationHeaderMalformed', rightPlace: 'eu-central-1' },
    spec: { endpoint },
    says: 'spec.region "eu-centrl-1": …',
    isAnswer: true,
  },
  {
    title: 'a region that the service does not know',
    facts: { status: 400, code: 'BadRequest' },
    says: 'spec.region "eu-centrl-1": …; the endpoint follows from it: if it is misspelt, correct it',
    isAnswer: true,
    reason: 'InvalidRegion',
  },
  {
    title: 'a region that an endpoint does not know, which the service says',
    facts: { status: 400, code: 'InvalidRegion' },
    spec: { endpoint },
    says: 'spec.region "eu-centrl-1": …',
    isAnswer: true,
  },
  {
    title: 'a region that the service does not know, and that the endpoint names',
    facts: { status: 400, code: 'BadRequest' },
    spec: { endpoint: 'https://s3.eu-centrl-1.example.com' },
    says: 'spec.region "eu-centrl-1", spec.endpoint "https://s3.eu-centrl-1.example.com": …; the endpoint names that region: if it is misspelt, correct both',
    isAnswer: true,
    reason: 'InvalidRegion',
  },
  {
    title: 'an endpoint that refuses us, and names no region',
    facts: { status: 400, code: 'BadRequest' },
    spec: { endpoint },
    says: `spec.endpoint "${endpoint}": …; if it is wrong, correct it`,
    isAnswer: true,
  },
  { title: 'S3 out of order', facts: { status: 500, code: 'InternalError' }, says: '…', isAnswer: false },
  { title: 'S3 under load', facts: { status: 503, code: 'SlowDown' }, says: '…', isAnswer: true },
  { title: 'a clock that is wrong', facts: { code: 'RequestTimeTooSkewed' }, says: '…', isAnswer: true },
  {
    title: 'STS of Wasabi out of reach, which no field decides',
    facts: { service: 'sts', ...noHost },
    spec: { endpoint },
    says: '…',
    isAnswer: undefined,
  },
  {
    title: 'STS of another server, which follows from the endpoint',
    facts: { service: 'sts', ...noHost },
    spec: { type: 's3', endpoint },
    says: `spec.endpoint "${endpoint}": …; if it is wrong, correct it`,
    isAnswer: undefined,
  },
  {
    title: 'an IAM endpoint that does not exist',
    facts: { service: 'iam', ...noHost },
    spec: { iamEndpoint: 'https://iam.example.com' },
    says: 'spec.iamEndpoint "https://iam.example.com": …; if it is wrong, correct it',
    isAnswer: undefined,
  },
  {
    title: 'a key id that STS does not know',
    facts: { service: 'sts', code: 'InvalidClientTokenId' },
    says: 'spec.auth.accessKeySecretRef: Secret a/keys, key "access-key": …',
    isAnswer: undefined,
  },
  {
    title: 'a wrong secret key, refused by S3',
    facts: { code: 'SignatureDoesNotMatch' },
    says: 'spec.auth.secretKeySecretRef: Secret vault/other, key "secret-key": …',
    isAnswer: true,
  },
  {
    title: 'a session token that has expired',
    facts: { code: 'ExpiredToken' },
    says: 'spec.auth.sessionTokenSecretRef: Secret a/keys, key "token": …',
    isAnswer: true,
  },
];

for (const { title, facts, spec, says, isAnswer, reason } of rows) {
  test(`provider failure: ${title}`, () => {
    const error = failure(facts);
    const told = providerFailure(error, provider(spec));
    assert.equal(told.message, says.replace('…', error.message));
    assert.deepEqual([told.type, told.reason], [error.type, reason ?? error.reason]);
    assert.equal(isAnswerOfS3(told), isAnswer);
  });
}

test('provider failure: a refusal that held back a later call is told in the same words', () => {
  const error = failure({ code: 'SignatureDoesNotMatch' });
  const later = new ReconcileError('DependencyNotReady', error.message, { reason: 'ProviderNotReady', cause: error });
  assert.equal(providerFailure(later, provider()).message, providerFailure(error, provider()).message);
});
