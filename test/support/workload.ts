import assert from 'node:assert/strict';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { SECRETS } from '../../src/api/core-types.ts';
import type { SecretObject } from '../../src/kinds/provider-secrets.ts';
import type { KeyPair } from './account.ts';
import { until } from './cluster.ts';
import type { KeyWorld } from './keys.ts';
import { consoleOf } from './world.ts';

/** A program writes an object so often; ms. */
const EVERY_MS = 20;

/** What a pod reads, and how late. */
export interface PodOptions {
  readonly bucket: string;
  readonly secretName: string;
  /** The content of a Secret reaches its volume so long after it changed, on the clock of the service; ms. */
  readonly lagMs: number;
  /** Finds the key in the files of the volume. */
  readonly keyIn: (files: Readonly<Record<string, string>>) => KeyPair;
}

/** Runs the program in pods and lets time pass for all; the caller stops them. */
export class Workload {
  readonly #it: KeyWorld;
  readonly pods: readonly Pod[];

  constructor(it: KeyWorld, pods: readonly PodOptions[]) {
    this.#it = it;
    this.pods = pods.map((options) => new Pod(it, options));
  }

  /** Lets so much time pass for the service, the operator and the pods, at once. @see KeyWorld.leap */
  async leap(ms: number): Promise<void> {
    const { clock, world } = this.#it;
    // A request that was signed before and arrives after would be refused for its time, which no real one would.
    const release = await Promise.all(this.pods.map((pod) => pod.hold()));
    await clock.skip(ms);
    for (const go of release) go();
    world.operator.clock.wakeAfter(ms);
  }

  /** Waits until each pod has made so many more requests. @throws AssertionError once a request failed */
  async works(requests: number): Promise<void> {
    const before = this.pods.map(({ sent }) => sent);
    await until('the pods go on', () => {
      for (const { failures } of this.pods) assert.deepEqual(failures, []);
      return Promise.resolve(this.pods.every((pod, index) => pod.sent >= (before[index] ?? 0) + requests));
    });
  }

  async stop(): Promise<void> {
    await Promise.all(this.pods.map((pod) => pod.stop()));
  }
}

/** A program that writes an object again and again with the key that stands in its volume. */
class Pod {
  /** How many requests were answered with success, by the id of the key; in the order of their first use. */
  readonly done = new Map<string, number>();
  readonly failures: string[] = [];
  sent = 0;
  readonly #it: KeyWorld;
  readonly #options: PodOptions;
  /** Contents of the Secret, and when each was first seen; on the clock of the service. */
  readonly #history: { readonly sinceMs: number; readonly pair: KeyPair }[] = [];
  #client: { readonly pair: KeyPair; readonly s3: S3Client } | undefined;
  #held: Promise<void> | undefined;
  #turn: Promise<void> = Promise.resolve();
  readonly #stopped = new AbortController();
  readonly #ended: Promise<void>;

  constructor(it: KeyWorld, options: PodOptions) {
    this.#it = it;
    this.#options = options;
    this.#ended = this.#run();
  }

  /** Waits for the request under way, and keeps the next one back until the result is called. */
  async hold(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    await this.#turn;
    return () => {
      this.#held = undefined;
      resolve();
    };
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#ended;
    this.#client?.s3.destroy();
  }

  async #run(): Promise<void> {
    while (!this.#stopped.signal.aborted) {
      await this.#held;
      const next = new Promise((resolve) => setTimeout(resolve, EVERY_MS));
      this.#turn = this.#request().catch((error: unknown) => {
        this.failures.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      });
      await this.#turn;
      await next;
    }
  }

  async #request(): Promise<void> {
    await this.#look();
    const pair = this.#mounted();
    const s3 = this.#clientFor(pair);
    this.sent += 1;
    s3.config.systemClockOffset = this.#it.clock.now() - Date.now();
    const { bucket, secretName } = this.#options;
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: secretName, Body: `${this.sent}` }));
    this.done.set(pair.accessKeyId, (this.done.get(pair.accessKeyId) ?? 0) + 1);
  }

  /** As the kubelet does: what was deleted stays in the volume. */
  async #look(): Promise<void> {
    const { world, clock } = this.#it;
    const { secretName, keyIn } = this.#options;
    const secret = await world.cluster.admin.get<SecretObject>(SECRETS, world.key(secretName));
    if (secret === undefined) return;
    const files = Object.entries(secret.data ?? {}).map(([name, value]) => [
      name,
      Buffer.from(value, 'base64').toString('utf8'),
    ]);
    const pair = keyIn(Object.fromEntries(files));
    if (this.#history.at(-1)?.pair.accessKeyId === pair.accessKeyId) return;
    this.#history.push({ sinceMs: clock.now(), pair });
  }

  /** The newest content that has reached the volume; the first one was there when the pod started. */
  #mounted(): KeyPair {
    const untilMs = this.#it.clock.now() - this.#options.lagMs;
    const seen = this.#history.findLast(({ sinceMs }, index) => index === 0 || sinceMs <= untilMs);
    assert.ok(seen, 'a pod starts once its Secret is there');
    return seen.pair;
  }

  #clientFor(pair: KeyPair): S3Client {
    if (this.#client?.pair.accessKeyId !== pair.accessKeyId) {
      this.#client?.s3.destroy();
      this.#client = { pair, s3: consoleOf(this.#it.world.emulator, pair) };
    }
    return this.#client.s3;
  }
}
