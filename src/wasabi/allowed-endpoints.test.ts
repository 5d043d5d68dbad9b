import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ReconcileError } from '../runtime/errors.ts';
import { addressPolicyOf, checkEndpoint, isPublicAddress, parseAllowedEndpoints } from './allowed-endpoints.ts';

const allowed = parseAllowedEndpoints([
  '*.wasabisys.com',
  'minio.example.com:9000',
  'http://plain.example.com',
  'http://10.1.2.3:9000',
  '[fd00::1]',
  'http://*.localhost:9000',
]);

const accepted: readonly [text: string, origin: string][] = [
  ['https://s3.wasabisys.com', 'https://s3.wasabisys.com'],
  ['https://s3.wasabisys.com/', 'https://s3.wasabisys.com'],
  ['https://S3.EU-CENTRAL-1.WASABISYS.COM', 'https://s3.eu-central-1.wasabisys.com'],
  ['https://s3.wasabisys.com.', 'https://s3.wasabisys.com'],
  ['https://s3.wasabisys.com:443', 'https://s3.wasabisys.com'],
  ['https://minio.example.com:9000', 'https://minio.example.com:9000'],
  ['http://plain.example.com', 'http://plain.example.com'],
  ['http://10.1.2.3:9000', 'http://10.1.2.3:9000'],
  ['http://167838211:9000', 'http://10.1.2.3:9000'],
  ['https://[FD00:0::1]', 'https://[fd00::1]'],
  ['http://s3.eu-central-1.localhost:9000', 'http://s3.eu-central-1.localhost:9000'],
];
for (const [text, origin] of accepted) {
  test(`accepted: ${text}`, () => assert.equal(checkEndpoint(text, allowed).origin, origin));
}

const refused: readonly [text: string, why: RegExp][] = [
  ['s3.wasabisys.com', /no URL/],
  ['ftp://s3.wasabisys.com', /neither https/],
  ['https://user@s3.wasabisys.com', /carries a user or a password/],
  ['https://s3.wasabisys.com/bucket', /path, a query or a fragment/],
  ['https://s3.wasabisys.com?x=1', /path, a query or a fragment/],
  ['https://s3.wasabisys.com#x', /path, a query or a fragment/],
  ['http://s3.wasabisys.com', /plain HTTP; that needs the entry http:\/\/s3\.wasabisys\.com/],
  ['https://wasabisys.com', /not among the endpoints/],
  ['https://minio.example.com', /not among the endpoints/],
  ['https://s3.wasabisys.com..', /no plain host name/],
];
for (const [text, why] of refused) {
  test(`refused: ${text}`, () => {
    assert.throws(
      () => checkEndpoint(text, allowed, 'spec.iamEndpoint'),
      (error: unknown) =>
        error instanceof ReconcileError &&
        error.type === 'InvalidSpec' &&
        error.reason === 'EndpointNotAllowed' &&
        error.message.startsWith('spec.iamEndpoint: ') &&
        why.test(error.message),
    );
  });
}

test('a password in a refused endpoint is not repeated', () => {
  assert.throws(
    () => checkEndpoint('https://user:canary@s3.wasabisys.com', allowed),
    (error: unknown) => error instanceof ReconcileError && !error.message.includes('canary'),
  );
});

for (const entry of [
  '*',
  'https://',
  'a b',
  'https://host/path',
  'host?x',
  'user@host',
  '*.*.example.com',
  'ftp://host',
  '*.10.0.0.1',
  'host:port',
  'a*.example.com',
  'host#x',
]) {
  test(`an entry that is no endpoint is named: ${entry}`, () => {
    assert.throws(
      () => parseAllowedEndpoints(['*.wasabisys.com', entry]),
      (error: unknown) => {
        return error instanceof Error && error.message.startsWith(`${JSON.stringify(entry)} is no endpoint`);
      },
    );
  });
}

test('empty entries are skipped; nothing listed is nothing allowed', () => {
  assert.equal(parseAllowedEndpoints([' ', '']).entries.length, 0);
  assert.throws(
    () => checkEndpoint('https://s3.wasabisys.com', parseAllowedEndpoints([])),
    /--allowed-endpoints: none/,
  );
});

test('where a name may lead', () => {
  assert.equal(addressPolicyOf('s3.wasabisys.com', allowed), 'public');
  assert.equal(addressPolicyOf('minio.example.com', allowed), 'any');
  assert.equal(addressPolicyOf('bucket.minio.example.com', allowed), 'any');
  assert.equal(addressPolicyOf('s3.us-east-1.localhost', allowed), 'loopback');
  assert.equal(addressPolicyOf('10.1.2.3', allowed), 'any');
  assert.equal(addressPolicyOf('10.1.2.4', allowed), undefined);
  assert.equal(addressPolicyOf('evil.example.com', allowed), undefined);
  assert.equal(addressPolicyOf('..', allowed), undefined);
});

const publicAddresses = ['38.27.106.10', '8.8.8.8', '2606:4700::1111', '64:ff9b::8.8.8.8', '::ffff:8.8.8.8'];
const otherAddresses = [
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '192.0.0.8',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:169.254.169.254',
  '64:ff9b::169.254.169.254',
  '64:ff9b::10.0.0.1',
  '2002:7f00:1::1',
  '2001:db8::1',
  'not-an-address',
  '',
];
for (const address of publicAddresses) test(`public: ${address}`, () => assert.equal(isPublicAddress(address), true));
for (const address of otherAddresses)
  test(`not public: ${address}`, () => assert.equal(isPublicAddress(address), false));

test('no text makes the parser do anything but answer or refuse, and what it answers is allowed', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.string().map((text) => `https://${text}`),
      ),
      (text) => {
        try {
          const url = checkEndpoint(text, allowed);
          assert.notEqual(addressPolicyOf(url.hostname, allowed), undefined);
        } catch (error) {
          assert.ok(error instanceof ReconcileError && error.type === 'InvalidSpec' && error.message.length <= 700);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});
