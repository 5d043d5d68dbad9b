import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import { type TestContext, test } from 'node:test';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { systemClock } from '../runtime/clock.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { parseAllowedEndpoints } from './allowed-endpoints.ts';
import { ClientPool } from './clients.ts';
import type { ProviderSettings } from './settings.ts';
import { listen, settingsFor, TEST_CREDENTIALS } from './testing/loopback.ts';
import { TLS_FIXTURE } from './testing/tls-fixture.ts';

const { ca, otherCa, key, certificate, expired } = TLS_FIXTURE;

/** One call to a TLS server that has that certificate: `ok`, or the reason of the error; and how often it was asked. */
async function outcome(
  t: TestContext,
  setup: {
    readonly cert?: string;
    readonly host?: string;
    readonly settings: Partial<ProviderSettings>;
    readonly allowInsecureTls?: boolean;
    readonly maxVersion?: 'TLSv1.2' | 'TLSv1.1';
  },
) {
  let requests = 0;
  const { maxVersion } = setup;
  const old = maxVersion === 'TLSv1.1' ? { minVersion: 'TLSv1.1' as const, ciphers: 'DEFAULT@SECLEVEL=0' } : {};
  const options = { key, cert: setup.cert ?? certificate, ...(maxVersion === undefined ? {} : { maxVersion }), ...old };
  const server = createServer(options, (_request, response) => {
    requests += 1;
    response.end('<Answer/>');
  });
  const port = await listen(t, server);
  const endpoint = `https://${setup.host ?? 's3.us-east-1.localhost'}:${port}`;
  const pool = new ClientPool({
    allowed: parseAllowedEndpoints([`*.localhost:${port}`]),
    clock: systemClock,
    random: () => 0,
    version: 'test',
    allowInsecureTls: setup.allowInsecureTls ?? false,
  });
  const call = async () => {
    const settings = settingsFor(endpoint, setup.settings);
    const client = pool.client({
      settings,
      credentials: TEST_CREDENTIALS,
      cacheKey: 'p',
      accountId: '1',
      namespace: 'a',
    });
    await client.s3(new ListBucketsCommand({}), { signal: new AbortController().signal });
  };
  const error = await call().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error === undefined || error instanceof ReconcileError);
  return { result: error?.reason ?? 'ok', message: error?.message ?? '', requests };
}

const cases: readonly [title: string, setup: Parameters<typeof outcome>[1], result: string][] = [
  ['the CA of the Provider', { settings: { caBundle: ca } }, 'ok'],
  ['the CA of the Provider, TLS 1.2', { settings: { caBundle: ca }, maxVersion: 'TLSv1.2' }, 'ok'],
  ['no CA', { settings: {} }, 'TLSVerificationFailed'],
  ['another CA', { settings: { caBundle: otherCa } }, 'TLSVerificationFailed'],
  ['an expired certificate', { settings: { caBundle: ca }, cert: expired }, 'TLSVerificationFailed'],
  ['a certificate for another name', { settings: { caBundle: ca }, host: 'evil.localhost' }, 'TLSVerificationFailed'],
  ['a server that speaks TLS 1.1 only', { settings: { caBundle: ca }, maxVersion: 'TLSv1.1' }, 'ConnectionLost'],
  [
    'verification switched off, and the operator allows it',
    { settings: { insecureSkipVerify: true }, allowInsecureTls: true },
    'ok',
  ],
  [
    'verification switched off, and the operator does not',
    { settings: { insecureSkipVerify: true } },
    'InsecureNotAllowed',
  ],
  [
    'the operator allows it, and the Provider does not ask',
    { settings: {}, allowInsecureTls: true },
    'TLSVerificationFailed',
  ],
];
for (const [title, setup, result] of cases) {
  test(`L62: TLS: ${title}: ${result}`, async (t) => {
    const seen = await outcome(t, setup);
    assert.equal(seen.result, result);
    assert.equal(seen.requests, result === 'ok' ? 1 : 0);
    if (result === 'TLSVerificationFailed')
      assert.match(seen.message, /localhost:\d+: [A-Z_]+: the certificate of the endpoint could not be verified/);
  });
}
