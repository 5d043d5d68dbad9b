import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { measureStarts, sizesOf } from '../bench/image.ts';
import { imageReportOf } from '../bench/image-report.ts';
import { bundle } from '../scripts/build/bundle.ts';
import { packagesOf } from '../scripts/build/packages.ts';
import type { Sbom } from '../scripts/build/sbom.ts';
import { type Container, type ContainerOptions, prepare, type Runnable } from '../scripts/image/container.ts';
import { type BuiltImage, runStages } from '../scripts/image/stages.ts';
import { parseConfig, VERSION } from '../src/config.ts';
import { isTrue } from '../src/managed/conditions.ts';
import type { ManagedResource } from '../src/managed/kind.ts';
import { startAccount } from './support/account.ts';
import { bucket, typeOf } from './support/builders.ts';
import { createNamespace, startTestCluster, until } from './support/cluster.ts';
import { kubeconfigText, probe } from './support/operator-process.ts';
import { AUTHORITIES } from './support/tls-authorities.ts';
import { startTlsFront } from './support/tls-front.ts';

/** The stages of the Dockerfile, run without an engine, and what comes out of them, started as it says. */

const ROOT = join(import.meta.dirname, '..');
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

const top = mkdtempSync(join(tmpdir(), 'image-'));
let image: BuiltImage;
let runnable: Runnable;
let built: readonly string[];

before(() => {
  chmodSync(top, 0o755); // the user of the image has to get in
  image = runStages({ root: ROOT, folder: top, packages: 'link', args: { VERSION, REVISION: 'abc' } });
  built = filesIn(image.folder);
  runnable = prepare(image);
});
after(() => rmSync(top, { recursive: true, force: true }));

/** Where the stages keep the sources. */
function stageRoot(): string {
  return join(top, 'deps/src');
}

/** As far from the sources as dist/: maps hold the way to them. */
function again(): string {
  return join(stageRoot(), 'again');
}

let second: ReturnType<typeof bundle> | undefined;
/** Made once, by whichever test asks first. */
function secondBuild(): ReturnType<typeof bundle> {
  second ??= bundle(stageRoot(), again());
  return second;
}

function filesIn(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name).slice(folder.length)] : []));
}

/** Starts the image; it ends with the test. */
function start(t: TestContext, options: ContainerOptions): Container {
  const container = runnable.start(options);
  t.after(() => container.process.kill('SIGKILL'));
  t.diagnostic(`isolation: ${runnable.isolation}`);
  return container;
}

async function run(t: TestContext, ...args: readonly string[]): Promise<{ code: number | undefined; output: string }> {
  const container = start(t, { args });
  const code = await container.ended;
  return { code, output: container.output() };
}

test('image: holds the bundle, its licences, its SBOM and the sample, and nothing else', () => {
  const others = built.filter((path) => !/^\/app\/[\w-]+\.mjs(?:\.map)?$/.test(path));
  const documents = ['LICENSE', 'THIRD-PARTY-LICENSES', 'examples/quickstart.yaml', 'sbom.cdx.json'];
  assert.deepEqual(others.sort(), documents.map((name) => `/app/${name}`).sort());
  const bytes = built.reduce((sum, path) => sum + statSync(join(image.folder, path)).size, 0);
  assert.ok(bytes < 8_000_000, `${bytes} bytes: what has come into the bundle? See docs/image.md`);
});

test('image: is started by its own user, with the port of the settings, and is labelled with what it is', () => {
  const { user, ports, labels } = image;
  const parsed = parseConfig([], {});
  assert.equal(parsed.type, 'Config');
  assert.deepEqual(
    { user, ports },
    { user: '65532:65532', ports: [parsed.type === 'Config' && parsed.config.metricsPort] },
  );
  assert.match(labels, new RegExp(`image\\.version="${VERSION}" .*revision="abc" .*base\\.name="gcr\\.io/\\S+"`));
});

test('image: the SBOM names every package of the bundle and no other, and a second build gives the same files', async () => {
  const metafile = await secondBuild();
  const packages = packagesOf(stageRoot(), metafile).map(({ name, version }) => `${name}@${version}`);
  const sbom = JSON.parse(readFileSync(join(image.folder, 'app/sbom.cdx.json'), 'utf8')) as Sbom;
  assert.deepEqual(sbom.components.map((each) => each['bom-ref']).sort(), [...packages].sort());
  const installed = Object.keys(metafile.inputs).map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  for (const name of ['undici', '@aws-sdk/client-s3', 'zod', 'pino', '@kubernetes/client-node', 'fast-xml-parser'])
    assert.ok(installed.includes(name) && packages.some((each) => each.startsWith(`${name}@`)), name);
  assert.equal(sbom.metadata.component['bom-ref'], `wasabi-s3-operator@${VERSION}`);
  const text = JSON.stringify(sbom);
  assert.doesNotMatch(text, /timestamp|serialNumber|https?:\/\/(?!cyclonedx|github\.com\/cloud37\/)/);
  for (const path of filesIn(again()))
    assert.deepEqual(readFileSync(join(again(), path)), readFileSync(join(image.folder, 'app', path)), path);
  const licenses = readFileSync(join(image.folder, 'app/THIRD-PARTY-LICENSES'), 'utf8');
  for (const name of packages) assert.ok(licenses.includes(`\n${name.replace(/@(?=[^@]*$)/, ' ')} (`), name);
});

test('image: the operator loads neither emulator nor CLI nor kubeconfig loader, and one language of zod', async () => {
  const { outputs, inputs } = await secondBuild();
  const reached = new Set<string>();
  const follow = (name: string) => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const { kind, path, external } of outputs[name]?.imports ?? [])
      if (kind === 'import-statement' && external !== true) follow(path);
  };
  const operator = Object.entries(outputs).find(([, { inputs: of }]) => of['src/start-operator.ts'] !== undefined)?.[0];
  follow(operator ?? '');
  const sources = [...reached].flatMap((name) => Object.keys(outputs[name]?.inputs ?? {}));
  assert.ok(sources.includes('src/start-operator.ts'));
  const strangers =
    /^src\/(?:emulator|devcluster|cli)\/|kubeconfig-access|node_modules\/(?:@kubernetes|yaml|fast-xml-parser)\//;
  assert.deepEqual(
    sources.filter((path) => strangers.test(path)),
    [],
  );
  const locales = Object.keys(inputs).filter((path) => /zod\/v4\/locales\/(?!index)/.test(path));
  assert.deepEqual(locales, ['node_modules/zod/v4/locales/en.js']);
});

test('image: source maps lead to our lines, and hold nothing of the dependencies', () => {
  const said = 'leadership is lost: this process ends';
  const path = built.find(
    (each) => each.endsWith('.mjs') && readFileSync(join(image.folder, each), 'utf8').includes(said),
  );
  const lines = readFileSync(join(image.folder, path ?? ''), 'utf8').split('\n');
  const line = lines.findIndex((each) => each.includes(said));
  const map = JSON.parse(readFileSync(join(image.folder, `${path}.map`), 'utf8')) as SourceMapPayload;
  const found = new SourceMap(map).findEntry(line, lines[line]?.indexOf(said) ?? 0);
  assert.ok('originalSource' in found);
  assert.match(found.originalSource, /src\/main\.ts$/);
  assert.match(readFileSync(join(ROOT, 'src/main.ts'), 'utf8').split('\n')[found.originalLine] ?? '', new RegExp(said));
  const maps = built.filter((each) => each.endsWith('.map'));
  const sources = maps.flatMap(
    (each) => (JSON.parse(readFileSync(join(image.folder, each), 'utf8')) as SourceMapPayload).sources,
  );
  assert.deepEqual(
    sources.filter((each) => /node_modules.*\.[cm]?js$/.test(each)), // of their package.json a line each
    [],
  );
});

test('image: a defect is told with lines of our source', async (t) => {
  const planted = "import http from 'node:http';http.Server.prototype.listen=()=>{throw new TypeError('planted')}";
  const nowhere = { url: 'http://127.0.0.1:9', token: 'none', ca: undefined };
  runnable.mount('/config/nowhere', kubeconfigText(nowhere));
  const args = [`--kubeconfig=${runnable.path('/config/nowhere')}`];
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(planted)}` };
  const container = start(t, { args, env });
  assert.equal(await container.ended, 1, container.output());
  assert.match(container.output(), /TypeError: planted.*\bsrc\/telemetry\/\w[\w-]*\.ts:\d+:\d+/s);
  assert.doesNotMatch(container.output(), /app\/[\w-]+\.mjs:\d/);
});

test('image: tells its version, what is wrong with its settings, and what it knows, without anything mounted', async (t) => {
  assert.deepEqual(await run(t, '--version'), { code: 0, output: `${VERSION}\n` });
  const wrong = await run(t, '--log-level=loud', '--no-such-flag');
  assert.deepEqual(
    [wrong.code, /--no-such-flag: no such flag.*--log-level: "loud"/s.test(wrong.output)],
    [2, true],
    wrong.output,
  );
  const unknown = await run(t, 'emulate');
  assert.deepEqual(
    [unknown.code, /unknown command 'emulate'.*Did you mean emulator/s.test(unknown.output)],
    [2, true],
    unknown.output,
  );
});

test('image: without a cluster and without a home it ends with 1 and one sentence', async (t) => {
  const { code, output } = await run(t);
  assert.equal(code, 1, output);
  assert.match(
    output,
    /^no way to reach a cluster: none of these files exists: .*serviceaccount\/token.*Pass --kubeconfig FILE\n$/,
  );
});

/** A control plane, an account, and a namespace with its Provider. */
async function scene(t: TestContext) {
  const cluster = await startTestCluster();
  t.after(() => cluster.stop());
  const { emulator, manifests, allowedEndpoints } = await startAccount(t);
  const namespace = await createNamespace(cluster.admin, 'image');
  for (const manifest of manifests) await cluster.admin.create(typeOf(manifest.kind), namespace, manifest);
  const flags = ['--metrics-port=0', `--watch-namespaces=${namespace}`, `--leader-election-namespace=${namespace}`];
  return { cluster, emulator, namespace, flags: [...flags, allowedEndpoints] };
}

/** It makes a bucket, answers its probes, tells its version, and ends on SIGTERM with 0. */
async function works(container: Container, { cluster, emulator, namespace }: Awaited<ReturnType<typeof scene>>) {
  const name = 'from-the-image';
  await cluster.admin.create(typeOf('Bucket'), namespace, bucket(name));
  await until('the Bucket is Ready', async () => {
    assert.equal(container.process.exitCode, null, container.output());
    const found = await cluster.admin.get<ManagedResource>(typeOf('Bucket'), { namespace, name });
    return isTrue(found?.status?.conditions, 'Ready');
  }).catch((error: unknown) => assert.fail(`${String(error)}\n${container.output()}`));
  assert.ok(emulator.state.buckets.size > 0);
  const agents = new Set(emulator.calls.map(({ userAgent }) => userAgent.split(' ')[0]));
  assert.deepEqual([...agents], [`wasabi-s3-operator/${VERSION}`]);
  const port = Number(/"port":(\d+)/.exec(container.output())?.[1]);
  assert.equal((await probe(port, '/readyz')).status, 200);
  assert.match((await probe(port, '/metrics')).body, new RegExp(`_build_info\\{version="${VERSION}"\\} 1\\b`));
  container.signal('SIGTERM');
  assert.equal(await container.ended, 0, container.output());
  assert.match(container.output(), /"stopped"/);
}

test('image: with a kubeconfig it makes a bucket, and ends on SIGTERM with 0', async (t) => {
  const stage = await scene(t);
  const { url, token } = stage.cluster;
  runnable.mount('/config/kubeconfig', kubeconfigText({ url, token, ca: undefined }));
  const container = start(t, { args: [...stage.flags, `--kubeconfig=${runnable.path('/config/kubeconfig')}`] });
  await works(container, stage);
});

test('image: in a pod it is process 1 of another user before a file system that nobody writes, and works', async (t) => {
  if (runnable.isolation !== 'namespaces')
    return t.skip(`needs root and unshare: this machine allows ${runnable.isolation}; the other tests run as that`);
  const stage = await scene(t);
  const front = await startTlsFront(t, Number(new URL(stage.cluster.url).port), AUTHORITIES.address);
  runnable.mount(`${SERVICE_ACCOUNT}/token`, stage.cluster.token);
  runnable.mount(`${SERVICE_ACCOUNT}/ca.crt`, AUTHORITIES.address.ca);
  runnable.mount(`${SERVICE_ACCOUNT}/namespace`, stage.namespace);
  const service = { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(front.port) };
  const container = start(t, { args: stage.flags, env: service });
  await until('it has started', () => Promise.resolve(container.output().includes('"started"')));
  const status = readFileSync(`/proc/${container.pid()}/status`, 'utf8');
  assert.match(status, /^NSpid:\t\d+\t1$/m);
  assert.match(status, /^Uid:\t65532\t65532\t65532\t65532$/m);
  assert.match(status, /^CapEff:\t0+$/m);
  const mounts = readFileSync(`/proc/${container.pid()}/mountinfo`, 'utf8').split('\n');
  assert.match(mounts.find((line) => line.split(' ')[4] === '/') ?? '', / ro[, ]/);
  await works(container, stage);
});

test('image: the bench measures sizes and starts', async () => {
  const sizes = sizesOf({ ...image, folder: join(image.folder, 'app') });
  assert.equal(sizes.all.files, built.length);
  assert.equal(sizes.maps.files, built.filter((path) => path.endsWith('.map')).length);
  const starts = await measureStarts(runnable, 1);
  assert.equal(starts.length, 1);
  assert.ok(starts.every(({ startedMs, readyMs }) => startedMs > 0 && readyMs > startedMs));
  const report = imageReportOf({ isolation: runnable.isolation, ...sizes, starts });
  assert.match(report, /started after +p50 \d+ ms, slowest \d+ ms.*target at most 1000 ms/);
});

test('image: the emulator of the image serves without a place to write, and ends on SIGTERM with 0', async (t) => {
  const container = start(t, { args: ['emulator', '--port=0'] });
  await until('it serves', () => Promise.resolve(container.output().includes('Ctrl-C stops')));
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(container.output())?.[1]);
  const { status } = await probe(port, '/_emulator/calls');
  assert.equal(status, 200);
  container.signal('SIGTERM');
  assert.equal(await container.ended, 0, container.output());
});

test('image: the demo of the image runs to its end with a /tmp', async (t) => {
  // Engines take the home folder from the list of users of the base image, which is not here.
  const container = start(t, { args: ['demo'], hasTmp: true, env: { HOME: '/tmp' } });
  assert.equal(await container.ended, 0, container.output());
  assert.match(container.output(), /Done: everything that was made is gone again/);
});
