import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BUCKETS } from '../api/bucket.ts';
import { SECRETS } from '../api/core-types.ts';
import { GROUP } from '../api/meta.ts';
import { startDevCluster } from '../devcluster/server.ts';
import { type Emulator, startEmulator } from '../emulator/server.ts';
import type { Kube } from '../runtime/kube.ts';
import { installDefinitions } from './definitions.ts';
import { rotateKey } from './demo-rotation.ts';
import { BUCKET, keyOf, NAMESPACE, pairIn, read, type Stage, storeWith, types } from './demo-stage.ts';
import { ObjectStore } from './object-store.ts';
import { type Manifest, REGION, sampleFor } from './sample.ts';
import type { Screen } from './screen.ts';
import { connect, until, type Waiting } from './wait.ts';

/** As on Wasabi, a new key does not work at once. */
const NEW_KEYS_MS = 1_000;
/** Beside this file, as source or bundled. */
const OPERATOR_CHILD = fileURLToPath(new URL(`operator-child${extname(import.meta.url)}`, import.meta.url));

/**
 * The whole operator against a control plane and a Wasabi on loopback: applies the sample manifests, shows each object
 * turn Ready, uses the delivered key and replaces it, drifts the bucket and shows the repair, deletes all.
 * @throws Error when a step fails
 */
export async function runDemo(screen: Screen, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'wasabi-s3-operator-'));
  const cluster = await startDevCluster();
  const emulator = await startEmulator({ propagation: { keysMs: NEW_KEYS_MS } });
  const kubeconfig = join(folder, 'kubeconfig');
  await cluster.writeKubeconfig(kubeconfig);
  const kube = connect(cluster.url, cluster.token.reveal());
  const operator = startOperatorProcess(kubeconfig, emulator.port);
  const waiting: Waiting = { signal, failure: operator.failure };
  try {
    const stage: Stage = { screen, kube, emulator, waiting };
    await prepare(stage, cluster.url);
    await applySample(stage);
    await useBucket(stage);
    await rotateKey(stage);
    await driftAndRepair(stage);
    await deleteAll(stage);
    await screen.step('The operator stops', () => operator.stop());
  } finally {
    operator.kill();
    await kube.close();
    await emulator.stop();
    await cluster.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function prepare({ screen, kube, emulator, waiting }: Stage, url: string): Promise<void> {
  screen.title('A Kubernetes API and a Wasabi on this machine');
  await screen.step('Control plane, Wasabi emulator and operator are running', async () => {
    await installDefinitions(kube);
    await until('the CRDs are served', waiting, async () => (await kube.list(BUCKETS, NAMESPACE)).items.length === 0);
  });
  screen.fact(`Kubernetes API ${url}`);
  screen.fact(`S3 ${emulator.url(REGION)}`);
}

async function applySample({ screen, kube, emulator, waiting }: Stage): Promise<void> {
  screen.title('Apply examples/quickstart.yaml');
  for (const manifest of sampleFor(emulator).map(forDemo)) {
    const type = types[manifest.kind];
    if (type === undefined) throw new Error(`examples/quickstart.yaml: no kind ${manifest.kind} in the demo`);
    await kube.create(type, NAMESPACE, manifest);
    screen.fact(`${manifest.kind} ${manifest.metadata.name}`);
  }
  for (const [kind, name] of [
    ['Provider', 'wasabi'],
    ['Bucket', 'app-logs'],
  ] as const) {
    await screen.step(`${kind} ${name} is Ready`, () => reached(kube, waiting, kind, name, 'Ready'));
    const { status } = await read(kube, kind, name);
    screen.fact((status?.conditions ?? []).map((one) => `${one.type}=${one.status} (${one.reason})`).join('  '));
  }
  screen.fact('calls to S3 for the bucket:');
  screen.listing([callsOf(emulator, 0).join(' → ')]);
}

async function useBucket(stage: Stage): Promise<void> {
  const { screen, emulator } = stage;
  screen.title('Use the bucket with the Secret that was delivered');
  const pair = await screen.step('The Secret holds a key of its own user', () => pairIn(stage));
  const store = storeWith(stage, pair);
  const text = 'hello from the demo';
  await screen.step('An S3 client puts an object and gets it back', async () => {
    await store.put(BUCKET, 'logs/hello.txt', text);
    const found = await store.get(BUCKET, 'logs/hello.txt');
    if (found !== text) throw new Error(`logs/hello.txt: got ${JSON.stringify(found)}`);
  });
  await screen.step('It is overwritten: versioning keeps both', async () => {
    await store.put(BUCKET, 'logs/hello.txt', `${text}, again`);
    const count = await new ObjectStore(emulator.url(REGION), REGION, emulator.account).countVersions(BUCKET);
    if (count !== 2) throw new Error(`expected 2 versions, found ${count}`);
  });
  await screen.step('What the access level does not say is denied: this key cannot touch the settings', async () => {
    const denied = await store.vandalize(BUCKET).catch((error: unknown) => error);
    if (!(denied instanceof Error) || denied.name !== 'AccessDenied') throw new Error('the key may change settings');
  });
}

async function driftAndRepair({ screen, kube, emulator, waiting }: Stage): Promise<void> {
  screen.title('Somebody changes the bucket outside');
  const store = new ObjectStore(emulator.url(REGION), REGION, emulator.account);
  await screen.step('Versioning suspended and lifecycle rules deleted, past the operator', () =>
    store.vandalize(BUCKET),
  );
  const before = emulator.calls.length;
  await screen.step('The operator finds and repairs both', async () => {
    await kube.patch(BUCKETS, keyOf('app-logs'), {
      type: 'merge',
      body: { metadata: { annotations: { [`${GROUP}/reconcile-requested-at`]: new Date().toISOString() } } },
    });
    await until('the settings are back', waiting, () => store.isAsWanted(BUCKET));
  });
  screen.fact('without the annotation it would have looked within the drift interval (5 min by default)');
  screen.listing([callsOf(emulator, before).join(' → ')]);
}

async function deleteAll({ screen, kube, emulator, waiting }: Stage): Promise<void> {
  screen.title('Delete everything at once, in the wrong order');
  await screen.step('Secret, Provider and Bucket go, each when nothing needs it any more', async () => {
    for (const [kind, name] of [
      ['Secret', 'wasabi-credentials'],
      ['Provider', 'wasabi'],
      ['Bucket', 'app-logs'],
    ] as const) {
      await kube.delete(types[kind] ?? SECRETS, keyOf(name));
    }
    for (const [kind, name] of [
      ['Bucket', 'app-logs'],
      ['Provider', 'wasabi'],
      ['Secret', 'wasabi-credentials'],
    ] as const) {
      await until(
        `${kind} ${name} is gone`,
        waiting,
        async () => (await kube.get(types[kind] ?? SECRETS, keyOf(name))) === undefined,
      );
    }
  });
  await screen.step('The bucket and its data are gone: deletionPolicy Delete with forceDelete', async () => {
    const store = new ObjectStore(emulator.url(REGION), REGION, emulator.account);
    if (await store.exists(BUCKET)) throw new Error(`bucket ${BUCKET} is still there`);
  });
}

/** The sample keeps what it made; the demo leaves nothing behind. */
function forDemo(manifest: Manifest): Manifest {
  if (manifest.kind !== 'Bucket') return manifest;
  return { ...manifest, spec: { ...manifest.spec, deletionPolicy: 'Delete', forceDelete: true } };
}

/** The operator as its users start it: a process with flags. It ends with this one. */
function startOperatorProcess(kubeconfig: string, emulatorPort: number) {
  const args = [
    OPERATOR_CHILD,
    `--kubeconfig=${kubeconfig}`,
    `--allowed-endpoints=http://*.localhost:${emulatorPort}`,
    '--metrics-port=0',
    '--admin-port=0',
    '--leader-election-namespace=default', // in a pod it would be the pod's, which is none of the demo's cluster
    '--log-format=text',
    '--log-level=warn',
  ];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1));
  });
  let isStopping = false;
  const failure = ended.then((code) => {
    if (!isStopping) throw new Error(`the operator ended with code ${code}:\n${output}`);
  });
  failure.catch(() => undefined); // told to whoever waits
  return {
    failure,
    stop: async () => {
      isStopping = true;
      child.kill('SIGTERM');
      const code = await ended;
      if (code !== 0) throw new Error(`the operator ended with code ${code}:\n${output}`);
    },
    kill: () => {
      isStopping = true;
      child.kill('SIGKILL');
    },
  };
}

function reached(kube: Kube, waiting: Waiting, kind: string, name: string, type: string): Promise<void> {
  return until(`${kind} ${name} ${type}`, waiting, async () => {
    const { status } = await read(kube, kind, name);
    return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true;
  });
}

/** The operator's calls on the bucket since that place in the log. */
function callsOf(emulator: Emulator, from: number): readonly string[] {
  return emulator.calls
    .slice(from)
    .filter((call) => call.bucket === BUCKET && call.userAgent.startsWith('wasabi-s3-operator'))
    .map((call) => call.operation);
}
