import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { startControlPlane } from '../support/control-plane.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { askedVersion, KUBERNETES_VERSIONS, missingPrograms, programs, readRelease } from './control-plane/binaries.ts';
import { ensureControlPlane, NoControlPlane } from './control-plane/build.ts';
import { download } from './control-plane/download.ts';
import { withLock } from './control-plane/lock.ts';
import { run } from './control-plane/run-command.ts';

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'control-plane-test-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function putPrograms(directory: string, names: readonly string[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of names) {
    await writeFile(join(directory, name), '#!/bin/sh\n');
    await chmod(join(directory, name), 0o755);
  }
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within 20 s: ${what}`);
    await delay(50);
  }
}

test('KUBEBUILDER_ASSETS comes first when it is complete', async (t) => {
  const assets = await folder(t);
  await putPrograms(assets, programs);
  const found = await ensureControlPlane({ env: { KUBEBUILDER_ASSETS: assets, XDG_CACHE_HOME: await folder(t) } });
  assert.equal(found.directory, assets);
});

test('an incomplete KUBEBUILDER_ASSETS is named, and the cache is next', async (t) => {
  const [assets, cache] = [await folder(t), await folder(t)];
  await putPrograms(assets, ['etcd', 'kube-apiserver']);
  const env = { KUBEBUILDER_ASSETS: assets, XDG_CACHE_HOME: cache };
  const { cacheDirectory, kubernetes } = await readRelease(env);
  assert.ok(cacheDirectory.startsWith(join(cache, 'wasabi-s3-operator', 'control-plane', kubernetes)));
  await putPrograms(cacheDirectory, programs);
  const lines: string[] = [];
  const found = await ensureControlPlane({ env, log: (line) => lines.push(line) });
  assert.equal(found.directory, cacheDirectory);
  assert.deepEqual(lines, [`KUBEBUILDER_ASSETS=${assets} lacks kube-controller-manager: looking further`]);
});

test('KUBERNETES_VERSION says which version is built, before KUBEBUILDER_ASSETS, and none that is unknown', async (t) => {
  const [assets, cache] = [await folder(t), await folder(t)];
  await putPrograms(assets, programs);
  const folders = new Set<string>();
  for (const version of KUBERNETES_VERSIONS) {
    const env = { KUBEBUILDER_ASSETS: assets, XDG_CACHE_HOME: cache, KUBERNETES_VERSION: version };
    const { cacheDirectory, kubernetes } = await readRelease(env);
    assert.ok(kubernetes.startsWith(`v${version}.`), kubernetes);
    await putPrograms(cacheDirectory, programs);
    const lines: string[] = [];
    assert.equal((await ensureControlPlane({ env, log: (line) => lines.push(line) })).directory, cacheDirectory);
    assert.match(lines.join(), /is passed over: KUBERNETES_VERSION=/);
    folders.add(cacheDirectory);
  }
  assert.equal(folders.size, KUBERNETES_VERSIONS.length);
  assert.equal(askedVersion({ KUBERNETES_VERSION: 'v1.37' }), '1.37');
  assert.throws(
    () => askedVersion({ KUBERNETES_VERSION: '1.2' }),
    /KUBERNETES_VERSION=1\.2 is none of 1\.35, 1\.36, 1\.37/,
  );
});

test('with nothing found and no Go the reason is told', async (t) => {
  const env = { XDG_CACHE_HOME: await folder(t), PATH: await folder(t) };
  await assert.rejects(ensureControlPlane({ env }), (error: unknown) => {
    assert.ok(error instanceof NoControlPlane);
    assert.match(error.message, /no control plane in the cache .*official download is off.*Go.* is not installed$/);
    return true;
  });
});

test('the lock lets one work at a time and is taken over from the dead', async (t) => {
  const path = join(await folder(t), 'lock');
  await writeFile(path, '');
  await utimes(path, new Date(0), new Date(0));
  let atWork = 0;
  const work = async (): Promise<number> => {
    atWork += 1;
    assert.equal(atWork, 1);
    await new Promise((resolve) => setImmediate(resolve));
    atWork -= 1;
    return 7;
  };
  const results = await Promise.all([withLock(path, () => undefined, work), withLock(path, () => undefined, work)]);
  assert.deepEqual(results, [7, 7]);
  await assert.rejects(access(path));
});

test('the download takes what has the published sum and nothing else', async (t) => {
  const directory = await folder(t);
  const release = await readRelease({ XDG_CACHE_HOME: directory });
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const name = `etcd-${release.etcd}-${platform}`;
  await putPrograms(join(directory, name), ['etcd']);
  await run('tar', ['-czf', join(directory, 'etcd.tar.gz'), '-C', directory, name]);
  const archive = await readFile(join(directory, 'etcd.tar.gz'));
  const sum = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex');
  const files = new Map<string, Buffer | string>([
    [`/${release.etcd}/SHA256SUMS`, `${sum('other')}  other.tar.gz\n${sum(archive)}  ${name}.tar.gz\n`],
    [`/${release.etcd}/${name}.tar.gz`, archive],
  ]);
  for (const program of ['kube-apiserver', 'kube-controller-manager']) {
    const path = `/${release.kubernetes}/bin/${platform.replace('-', '/')}/${program}`;
    files.set(path, program).set(`${path}.sha256`, sum(program));
  }
  const server = createServer((incoming, answer) => {
    const body = files.get(incoming.url ?? '');
    answer.writeHead(body === undefined ? 404 : 200).end(body);
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const url = `http://127.0.0.1:${address.port}`;
  const sites = { kubernetes: url, etcd: url };
  await download(release, join(directory, 'good'), sites);
  assert.deepEqual(await missingPrograms(join(directory, 'good')), []);
  files.set(`/${release.etcd}/${name}.tar.gz`, 'tampered');
  await assert.rejects(download(release, join(directory, 'bad'), sites), /has the SHA-256 sum .*, the release says/);
  files.clear();
  await assert.rejects(download(release, join(directory, 'none'), sites), /answered 404/);
});

test('a control plane restarts, serves a second API server, logs what it was asked, and goes', { skip }, async (t) => {
  const plane = await startControlPlane();
  t.after(() => plane.stop());
  const agent = new Agent({ connect: { ca: plane.ca }, allowH2: false });
  t.after(() => agent.destroy());
  const headers = { authorization: `Bearer ${plane.adminToken}` };
  const namespaces = async (url: string): Promise<number> => {
    const answer = await request(`${url}/api/v1/namespaces?limit=1`, { dispatcher: agent, headers });
    await answer.body.dump();
    return answer.statusCode;
  };
  assert.equal(await namespaces(plane.url), 200);
  const event = (await plane.readAudit()).findLast(({ requestURI }) => requestURI === '/api/v1/namespaces?limit=1');
  assert.equal(event?.user.username, 'admin');
  await plane.restartApiServer();
  assert.equal(await namespaces(plane.url), 200);
  const second = await plane.addApiServer();
  assert.equal(await namespaces(second.url), 200);
  await second.stop();
  await assert.rejects(namespaces(second.url));
  await plane.stop();
  await assert.rejects(namespaces(plane.url));
  await assert.rejects(access(plane.caFile));
});

test('a control plane does not outlive a process that is killed', { skip }, async () => {
  const program = `
    import { startControlPlane } from ${JSON.stringify(join(import.meta.dirname, '../support/control-plane.ts'))};
    const { caFile, etcdUrl } = await startControlPlane();
    console.log(JSON.stringify({ caFile, etcdUrl }));
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const { caFile, etcdUrl } = JSON.parse(value ?? '{}') as { caFile: string; etcdUrl: string }; // printed by the program above
  assert.equal((await request(`${etcdUrl}/health`)).statusCode, 200);
  child.kill('SIGKILL');
  const isRefused = (): Promise<boolean> =>
    request(`${etcdUrl}/health`).then(
      async ({ body }) => (await body.dump(), false),
      () => true,
    );
  await until('etcd is gone', isRefused);
  const isAbsent = (): Promise<boolean> =>
    access(caFile).then(
      () => false,
      () => true,
    );
  await until('the folder is gone', isAbsent);
});
