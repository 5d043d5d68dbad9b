import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { ResourceType } from '../src/api/meta.ts';
import type { ClusterAccess, TlsMaterial } from '../src/runtime/cluster-access.ts';
import { Credential } from '../src/runtime/credential.ts';
import { KubeClient } from '../src/runtime/kube-client.ts';
import { loadClusterAccess } from '../src/runtime/kubeconfig.ts';
import { TLS_FIXTURE } from '../src/wasabi/testing/tls-fixture.ts';
import { FakeClock } from './support/fake-clock.ts';

const { ca, otherCa, key, certificate } = TLS_FIXTURE;
const THINGS: ResourceType = { group: '', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true };
const KEY = { namespace: 'a', name: 'x' };
/** A name of the test certificate, which has no address in it. */
const serverName = 's3.us-east-1.localhost';

/** An API server over TLS that tells who it saw: the token and the client certificate of each request. */
async function apiServer(t: TestContext, accept: (seen: string) => boolean = () => true) {
  const seen: string[] = [];
  const options = { key, cert: certificate, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (request, response) => {
    const subject = (request.socket as TLSSocket).getPeerCertificate().subject === undefined ? 'none' : 'ours';
    const who = `${request.headers.authorization ?? 'no token'}, certificate: ${subject}`;
    seen.push(who);
    response.writeHead(accept(who) ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ apiVersion: 'v1', kind: 'Thing', metadata: { name: 'x' } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: String((server.address() as AddressInfo).port), seen };
}

function client(t: TestContext, access: ClusterAccess, clock = new FakeClock()): KubeClient {
  const made = new KubeClient({ access, clock, random: () => 0, userAgent: 'test' });
  t.after(() => made.close());
  return made;
}

test('in a cluster the server is verified with the mounted CA, also after that was rotated', async (t) => {
  const server = await apiServer(t);
  const serviceAccountDirectory = await mkdtemp(join(tmpdir(), 'service-account-'));
  t.after(() => rm(serviceAccountDirectory, { recursive: true }));
  await writeFile(join(serviceAccountDirectory, 'token'), 'token-1');
  await writeFile(join(serviceAccountDirectory, 'ca.crt'), otherCa);
  const env = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: server.port };
  const clock = new FakeClock();
  const mounted = await loadClusterAccess({ env, clock, serviceAccountDirectory });
  const named = { ...mounted, tls: async () => ({ ...(await mounted.tls()), serverName }) };
  const kube = client(t, named, clock);
  await assert.rejects(kube.get(THINGS, KEY), { code: 0, message: /certificate/ });
  await writeFile(join(serviceAccountDirectory, 'ca.crt'), ca);
  clock.advance(60_000);
  await kube.get(THINGS, KEY);
  assert.deepEqual(server.seen, ['Bearer token-1, certificate: none']);
});

function access(port: string, tls: () => TlsMaterial, invalidate: () => void = () => undefined): ClusterAccess {
  return {
    server: `https://127.0.0.1:${port}`,
    namespace: undefined,
    origin: 'test',
    tls: () => Promise.resolve(tls()),
    authorization: () => Promise.resolve(undefined),
    invalidate,
  };
}

test('the certificate is verified for its name, for the one that is given instead, or not at all when so told', async (t) => {
  const server = await apiServer(t);
  const right: TlsMaterial = { ca, serverName, isInsecure: false };
  await client(
    t,
    access(server.port, () => right),
  ).get(THINGS, KEY);
  const wrong: TlsMaterial = { ca, isInsecure: false };
  const refused = client(
    t,
    access(server.port, () => wrong),
  ).get(THINGS, KEY);
  await assert.rejects(refused, { code: 0, message: /127\.0\.0\.1 is not in the cert/ });
  const unverified: TlsMaterial = { isInsecure: true };
  await client(
    t,
    access(server.port, () => unverified),
  ).get(THINGS, KEY);
  assert.equal(server.seen.length, 2);
});

test('a client certificate that is refused is renewed, and with it the connection', async (t) => {
  const server = await apiServer(t, (who) => !who.endsWith('none'));
  const withCertificate: TlsMaterial = {
    ca,
    serverName,
    cert: certificate,
    key: new Credential(key),
    isInsecure: false,
  };
  let current: TlsMaterial = { ca, serverName, isInsecure: false };
  const renew = () => {
    current = withCertificate;
  };
  const kube = client(
    t,
    access(server.port, () => current, renew),
  );
  await kube.get(THINGS, KEY);
  assert.deepEqual(server.seen, ['no token, certificate: none', 'no token, certificate: ours']);
});
