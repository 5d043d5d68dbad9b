import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { loadClusterAccess } from './kubeconfig.ts';

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

async function tokenOf(access: ClusterAccess): Promise<string | undefined> {
  return (await access.authorization())?.reveal();
}

async function serviceAccount(t: TestContext): Promise<string> {
  const path = await directory(t);
  await writeFile(join(path, 'token'), 'token-1\n');
  await writeFile(join(path, 'ca.crt'), 'CA 1');
  await writeFile(join(path, 'namespace'), 'operator-system');
  return path;
}

const inCluster = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' };

test('in a cluster: the service account, read again after 60 s and at once after a 401', async (t) => {
  const clock = new FakeClock();
  const serviceAccountDirectory = await serviceAccount(t);
  const access = await loadClusterAccess({ env: inCluster, clock, serviceAccountDirectory });
  assert.deepEqual([access.server, access.namespace], ['https://[fd00::1]:6443', 'operator-system']);
  assert.equal(await tokenOf(access), 'Bearer token-1');
  const tls = await access.tls();
  assert.deepEqual(tls, { ca: 'CA 1', isInsecure: false });
  await writeFile(join(serviceAccountDirectory, 'token'), 'token-2');
  await writeFile(join(serviceAccountDirectory, 'ca.crt'), 'CA 2');
  clock.advance(59_999);
  assert.equal(await tokenOf(access), 'Bearer token-1');
  assert.equal(await access.tls(), tls);
  clock.advance(1);
  assert.equal(await tokenOf(access), 'Bearer token-2');
  assert.equal((await access.tls()).ca, 'CA 2');
  await writeFile(join(serviceAccountDirectory, 'token'), 'token-3');
  access.invalidate();
  assert.equal(await tokenOf(access), 'Bearer token-3');
});

test('in a cluster: a token that cannot be read right now serves on until it is refused', async (t) => {
  const clock = new FakeClock();
  const serviceAccountDirectory = await serviceAccount(t);
  const access = await loadClusterAccess({ env: inCluster, clock, serviceAccountDirectory });
  await rm(join(serviceAccountDirectory, 'token'));
  clock.advance(60_000);
  assert.equal(await tokenOf(access), 'Bearer token-1');
  access.invalidate();
  await assert.rejects(access.authorization(), /token/);
});

function kubeconfig(options: { user?: object; cluster?: object; name?: string; current?: string } = {}): string {
  const { name = 'dev' } = options;
  return JSON.stringify({
    'current-context': options.current ?? name,
    clusters: [{ name, cluster: { server: 'https://10.0.0.1:6443/', ...options.cluster } }],
    users: [{ name, user: options.user ?? { token: 'abc' } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'work' } }],
  });
}

async function loadText(t: TestContext, text: string, clock = new FakeClock()): Promise<ClusterAccess> {
  const path = join(await directory(t), 'config');
  await writeFile(path, text);
  return loadClusterAccess({ kubeconfig: path, env: inCluster, clock });
}

test('a named file goes before the cluster we run in', async (t) => {
  const serviceAccountDirectory = await serviceAccount(t);
  const path = join(await directory(t), 'config');
  await writeFile(path, kubeconfig());
  const access = await loadClusterAccess({ kubeconfig: path, env: inCluster, serviceAccountDirectory });
  assert.deepEqual([access.server, access.namespace], ['https://10.0.0.1:6443', 'work']);
  assert.match(access.origin, /context "dev"/);
  assert.equal(await tokenOf(access), 'Bearer abc');
});

test('client certificates, server name, and verification switched off', async (t) => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const access = await loadText(
    t,
    kubeconfig({
      cluster: {
        'certificate-authority-data': base64('THE CA'),
        'tls-server-name': 'kubernetes',
        'insecure-skip-tls-verify': true,
      },
      user: { 'client-certificate-data': base64('THE CERT'), 'client-key-data': base64('THE KEY') },
    }),
  );
  const { key, ...tls } = await access.tls();
  assert.deepEqual(tls, { ca: 'THE CA', cert: 'THE CERT', serverName: 'kubernetes', isInsecure: true });
  assert.equal(key?.reveal(), 'THE KEY');
  assert.equal(await access.authorization(), undefined);
});

test('plain HTTP, and a context without a user', async (t) => {
  const text = kubeconfig({ cluster: { server: 'http://127.0.0.1:8001' } }).replace('"user":"dev"', '"user":""');
  const access = await loadText(t, text);
  assert.equal(access.server, 'http://127.0.0.1:8001');
  assert.equal(await access.authorization(), undefined);
});

test('an exec plugin gives the token, and gives another after a 401', async (t) => {
  const path = await directory(t);
  const plugin = join(path, 'plugin.sh');
  await writeFile(join(path, 'count'), '');
  const credential =
    '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"t%s"}}';
  await writeFile(plugin, `#!/bin/sh\nprintf x >> ${path}/count\nprintf '${credential}' "$(wc -c < ${path}/count)"\n`);
  await chmod(plugin, 0o700);
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, interactiveMode: 'Never' };
  const access = await loadText(t, kubeconfig({ user: { exec } }));
  assert.equal(await tokenOf(access), 'Bearer t1');
  assert.equal(await tokenOf(access), 'Bearer t1');
  access.invalidate();
  assert.equal(await tokenOf(access), 'Bearer t2');
});

test('KUBECONFIG lists files: missing ones are passed over, the first context counts', async (t) => {
  const path = await directory(t);
  await writeFile(join(path, 'a'), kubeconfig({ name: 'a' }));
  await writeFile(join(path, 'b'), kubeconfig({ name: 'b', cluster: { server: 'https://b' } }));
  const KUBECONFIG = [join(path, 'missing'), join(path, 'a'), join(path, 'b')].join(':');
  const access = await loadClusterAccess({ env: { KUBECONFIG } });
  assert.equal(access.server, 'https://10.0.0.1:6443');
});

test('what cannot be used is refused with where, what and what next', async (t) => {
  const path = await directory(t);
  const nothing = loadClusterAccess({ env: { HOME: path }, serviceAccountDirectory: join(path, 'none') });
  await assert.rejects(nothing, /no way to reach a cluster: .*none\/token, .*\.kube\/config\. Pass --kubeconfig FILE/);
  await assert.rejects(loadText(t, '{{'), /kubeconfig .*config cannot be read/);
  await assert.rejects(
    loadText(t, kubeconfig({ current: 'prod' })),
    /current-context "prod" names no known cluster; contexts: dev/,
  );
  await assert.rejects(loadText(t, kubeconfig({ cluster: { 'proxy-url': 'http://p' } })), /proxy-url is not supported/);
  await assert.rejects(loadText(t, kubeconfig({ user: { as: 'root' } })), /impersonation/);
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: join(path, 'no-such-plugin') };
  await assert.rejects(
    loadText(t, kubeconfig({ user: { exec } })),
    /no credential for kubeconfig context "dev": .*ENOENT/,
  );
});
