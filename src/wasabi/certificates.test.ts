import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { createServer } from 'node:https';
import { test } from 'node:test';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { parseAllowedEndpoints } from './allowed-endpoints.ts';
import { ClientPool } from './clients.ts';
import type { ProviderSettings } from './settings.ts';
import { listen, settingsFor, TEST_CREDENTIALS } from './testing/loopback.ts';
import { TLS_FIXTURE } from './testing/tls-fixture.ts';

const { ca, key, certificate } = TLS_FIXTURE;
const HOST = 's3.us-east-1.localhost';

test('certificates: what a verified connection shows is told by endpoint, its CA included, and forgotten after an hour', async (t) => {
  let isLasting = true;
  const server = createServer({ key, cert: certificate }, (_request, response) => {
    if (!isLasting) response.setHeader('connection', 'close');
    response.end('<Answer/>');
  });
  const port = await listen(t, server);
  const clock = new FakeClock(Date.now());
  const allowed = parseAllowedEndpoints([`*.localhost:${port}`]);
  const pool = new ClientPool({ allowed, clock, random: () => 0, version: 'test', allowInsecureTls: true });
  const call = async (settings: Partial<ProviderSettings>) => {
    const client = pool.client({
      settings: settingsFor(`https://${HOST}:${port}`, settings),
      credentials: TEST_CREDENTIALS,
      cacheKey: JSON.stringify(settings),
      accountId: '1',
      namespace: 'a',
    });
    await client.s3(new ListBucketsCommand({}), { signal: new AbortController().signal });
  };
  await call({ insecureSkipVerify: true });
  assert.deepEqual(pool.certificates.ends(), [], 'a certificate that was not verified says nothing');
  await call({ caBundle: ca });
  const ends = [ca, certificate].map((pem) => Date.parse(new X509Certificate(pem).validTo));
  assert.deepEqual(pool.certificates.ends(), [[HOST, Math.min(...ends)]]);
  clock.advance(3_000_000);
  isLasting = false;
  await call({ caBundle: ca }); // over the connection that is open
  clock.advance(3_000_000);
  await call({ caBundle: ca }); // over a new one
  clock.advance(3_000_000);
  assert.equal(pool.certificates.ends().length, 1);
  clock.advance(3_600_000);
  assert.deepEqual(pool.certificates.ends(), []);
});
