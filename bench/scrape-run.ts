import type { KubeClient } from '../src/runtime/kube-client.ts';
import { accessKey, bucket, bucketPolicy, iamPolicy, type Manifest, typeOf, user } from '../test/support/builders.ts';
import { until } from '../test/support/cluster.ts';
import { lastingPort } from '../test/support/lasting-port.ts';
import { probe } from '../test/support/operator-process.ts';
import { Scrape } from '../test/support/scrape.ts';
import type { Cores } from './cores.ts';
import { shapeOf } from './header.ts';
import { inParallel, WORKERS } from './objects.ts';
import type { BenchOptions } from './options.ts';
import type { ScrapeResult } from './scrape-result.ts';
import { onGround, openSpan, orFailure, type Stage, settled, stopOperator } from './stage.ts';

const SCRAPES = 101;
const POLICY = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: '*' }] };
/** Nothing is called for it: what is measured is the telling. */
const suspend = true;
/** Of ten objects, as people have them. */
const TEN: readonly ((name: string) => Manifest)[] = [
  ...Array.from({ length: 4 }, () => (name: string) => bucket(name, { suspend })),
  ...Array.from({ length: 2 }, () => (name: string) => user(name, { suspend })),
  ...Array.from({ length: 2 }, () => (name: string) => accessKey(name, name, { suspend })),
  (name) => bucketPolicy(name, name, POLICY, { suspend }),
  (name) => iamPolicy(name, POLICY, { suspend }),
];

/**
 * Lets an operator watch that many objects, and reads its metrics again and again.
 * @param say gets progress, one line at a time
 * @throws Error when a part does not start or the operator ends
 */
export function runScrapes(options: BenchOptions, cores: Cores, say: (line: string) => void): Promise<ScrapeResult> {
  return onGround(options, cores, say, async (ground) => {
    await applyObjects(ground.plane.admin, ground.namespace, options.objects);
    say(`${options.objects} objects are there`);
    const port = await lastingPort();
    const stage: Stage = { ...ground, operator: ground.startOperator({ METRICS_PORT: String(port) }) };
    const measured = await orFailure(stage, measure(stage, port));
    await stopOperator(stage);
    return { ...measured, objects: options.objects, shape: shapeOf(cores) };
  });
}

async function applyObjects(admin: KubeClient, namespace: string, objects: number): Promise<void> {
  await inParallel(WORKERS, objects, async (index) => {
    const manifest = TEN[index % TEN.length]?.(`bench-${String(index).padStart(5, '0')}`);
    if (manifest !== undefined) await admin.create(typeOf(manifest.kind), namespace, manifest);
  });
}

async function measure(stage: Stage, port: number): Promise<Omit<ScrapeResult, 'objects' | 'shape'>> {
  const { options, say } = stage;
  const scrape = async () => (await probe(port, '/metrics')).body;
  await until(
    'every object has had its pass',
    async () => {
      const now = new Scrape(await scrape().catch(() => ''));
      return now.sum('objects', { condition: 'Synced', status: 'False' }) === options.objects;
    },
    options.limitMinutes * 60_000,
  );
  await settled(stage);
  say('every object has had its pass');
  const span = await openSpan(stage);
  const scrapeMs: number[] = [];
  let body = '';
  for (let each = 0; each < SCRAPES; each += 1) {
    const startedMs = performance.now();
    body = await scrape();
    scrapeMs.push(performance.now() - startedMs);
  }
  const { cpuSeconds, foreignShare } = (await span()).span;
  const cpuMs = cpuSeconds === undefined ? undefined : (cpuSeconds * 1_000) / SCRAPES;
  return { scrapeMs, cpuMs, foreignShare, series: new Scrape(body).samples.length, bytes: Buffer.byteLength(body) };
}
