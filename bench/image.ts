import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Container, Runnable } from '../scripts/image/container.ts';
import type { BuiltImage } from '../scripts/image/stages.ts';
import { startTestCluster, until } from '../test/support/cluster.ts';
import { kubeconfigText, probe } from '../test/support/operator-process.ts';
import { AUTHORITIES } from '../test/support/tls-authorities.ts';
import { startTlsFront } from '../test/support/tls-front.ts';
import { usageOf } from './usage.ts';

/** One start of the image: milliseconds from the start of the process, and what it had used by then. */
export interface ImageStart {
  /** Until the operator knew its cluster and began to watch. */
  readonly startedMs: number;
  /** Until /readyz said so: everything is listed. */
  readonly readyMs: number;
  /** At readiness; undefined where /proc is missing. */
  readonly cpuSeconds: number | undefined;
  readonly rssMb: number | undefined;
}

/** Sizes of a kind of files, in bytes. */
export interface ImageSize {
  readonly files: number;
  readonly bytes: number;
  /** Packed together as a layer is, by gzip. */
  readonly packedBytes: number;
}

/** What was measured of the image. */
export interface ImageResult {
  /** How far the process was kept from this machine: `namespaces` is as in a container. */
  readonly isolation: Runnable['isolation'];
  /** What the image adds to its base: everything, and the source maps in it. */
  readonly all: ImageSize;
  readonly maps: ImageSize;
  readonly starts: readonly ImageStart[];
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Sizes of what the last stage copies. Call it before anything is added to the image's folder. */
export function sizesOf({ folder }: BuiltImage): Pick<ImageResult, 'all' | 'maps'> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return { all: sizeOf(files), maps: sizeOf(files.filter((file) => file.endsWith('.map'))) };
}

/** Starts the operator of the image one time after another, as a pod where that can be done, against a control plane. */
export async function measureStarts(image: Runnable, count: number): Promise<readonly ImageStart[]> {
  const ends: (() => unknown)[] = [];
  try {
    const cluster = await startTestCluster();
    ends.push(() => cluster.stop());
    const front = await startTlsFront({ after: (end) => ends.push(end) }, portOf(cluster.url), AUTHORITIES.address);
    mountAccess(image, cluster);
    const isPod = image.isolation === 'namespaces';
    const args = ['--metrics-port=0', '--admin-port=0', '--leader-elect=false'];
    if (!isPod) args.push(`--kubeconfig=${image.path('/config/kubeconfig')}`);
    const env = isPod ? { KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(front.port) } : {};
    const starts: ImageStart[] = [];
    for (let each = 0; each < count; each += 1) {
      const fromMs = performance.now();
      starts.push(await measured(image.start({ args, env }), fromMs));
    }
    return starts;
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

function mountAccess(image: Runnable, cluster: { readonly url: string; readonly token: string }): void {
  image.mount(`${SERVICE_ACCOUNT}/token`, cluster.token);
  image.mount(`${SERVICE_ACCOUNT}/ca.crt`, AUTHORITIES.address.ca);
  image.mount(`${SERVICE_ACCOUNT}/namespace`, 'default');
  image.mount('/config/kubeconfig', kubeconfigText({ ...cluster, ca: undefined }));
}

async function measured(container: Container, fromMs: number): Promise<ImageStart> {
  try {
    await until('the operator has started', () => Promise.resolve(container.output().includes('"started"')));
    const startedMs = performance.now() - fromMs;
    const port = Number(/"port":(\d+)/.exec(container.output())?.[1]);
    await until('it is ready', async () => (await probe(port, '/readyz')).status === 200);
    const readyMs = performance.now() - fromMs;
    const usage = await usageOf(container.pid());
    container.signal('SIGTERM');
    await container.ended;
    return { startedMs, readyMs, cpuSeconds: usage?.cpuSeconds, rssMb: usage?.rssMb };
  } finally {
    container.process.kill('SIGKILL');
  }
}

function sizeOf(files: readonly string[]): ImageSize {
  const contents = files.map((file) => readFileSync(file));
  const bytes = contents.reduce((sum, { length }) => sum + length, 0);
  return { files: files.length, bytes, packedBytes: gzipSync(Buffer.concat(contents)).length };
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
