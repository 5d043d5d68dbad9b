import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { test } from 'node:test';
import { parseAllowedEndpoints } from './allowed-endpoints.ts';
import { guardedLookup, type ResolveAll } from './guarded-lookup.ts';

const allowed = parseAllowedEndpoints(['*.wasabisys.com', 'minio.example.com', 'http://*.localhost:9000']);

function resolverTo(...addresses: string[]): ResolveAll {
  return (_hostname, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
}

function lookUp(
  hostname: string,
  resolve: ResolveAll,
  options: { all?: boolean; family?: number | 'IPv4' | 'IPv6' } = { all: true },
): Promise<string | LookupAddress[]> {
  return new Promise((done, fail) => {
    guardedLookup(allowed, resolve)(hostname, options, (error, address) =>
      error === null ? done(address) : fail(error),
    );
  });
}

test('a public address is handed to the socket as it was resolved', async () => {
  assert.deepEqual(await lookUp('s3.wasabisys.com', resolverTo('38.27.106.10')), [
    { address: '38.27.106.10', family: 4 },
  ]);
  assert.equal(await lookUp('s3.wasabisys.com', resolverTo('38.27.106.10'), { all: false }), '38.27.106.10');
  assert.equal(
    await lookUp('s3.wasabisys.com', resolverTo('38.27.106.10', '2606:4700::1'), { family: 'IPv6' }),
    '2606:4700::1',
  );
  assert.equal(
    await lookUp('s3.wasabisys.com', resolverTo('38.27.106.10', '2606:4700::1'), { family: 'IPv4' }),
    '38.27.106.10',
  );
});

for (const address of [
  '127.0.0.1',
  '10.0.0.1',
  '169.254.169.254',
  '::1',
  'fd00::1',
  '::ffff:127.0.0.1',
  '100.64.1.1',
  '0.0.0.0',
]) {
  test(`an allowed name that leads to ${address} is refused`, async () => {
    await assert.rejects(lookUp('s3.wasabisys.com', resolverTo(address)), {
      type: 'InvalidSpec',
      reason: 'EndpointNotAllowed',
    });
  });
  test(`${address} hidden among public addresses is refused`, async () => {
    await assert.rejects(lookUp('s3.wasabisys.com', resolverTo('8.8.8.8', address)), { reason: 'EndpointNotAllowed' });
  });
}

test('the message does not map the network', async () => {
  const error: unknown = await lookUp('s3.wasabisys.com', resolverTo('10.20.30.40')).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof Error && !error.message.includes('10.20.30.40'));
});

test('a host that is listed literally may be private', async () => {
  assert.deepEqual(await lookUp('minio.example.com', resolverTo('10.0.0.1')), [{ address: '10.0.0.1', family: 4 }]);
});

test('a name that is not listed is not even asked for', async () => {
  let asked = 0;
  const resolve: ResolveAll = (_hostname, callback) => {
    asked += 1;
    callback(null, []);
  };
  await assert.rejects(lookUp('evil.example.com', resolve), { reason: 'EndpointNotAllowed' });
  assert.equal(asked, 0);
});

test('names under .localhost are loopback without DNS', async () => {
  const noDns: ResolveAll = () => assert.fail('DNS was asked');
  assert.equal(await lookUp('s3.eu-central-1.localhost', noDns, { all: false }), '127.0.0.1');
  assert.equal(await lookUp('s3.eu-central-1.localhost', noDns, { family: 6 }), '::1');
});

test('errors of the resolver come through; no address of the wanted family is ENOTFOUND', async () => {
  const failing: ResolveAll = (_hostname, callback) =>
    callback(Object.assign(new Error('x'), { code: 'EAI_AGAIN' }), []);
  await assert.rejects(lookUp('s3.wasabisys.com', failing), { code: 'EAI_AGAIN' });
  await assert.rejects(lookUp('s3.wasabisys.com', resolverTo('8.8.8.8'), { family: 6 }), { code: 'ENOTFOUND' });
});
