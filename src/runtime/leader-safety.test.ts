import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { FakeClock, settle } from '../../test/support/fake-clock.ts';
import type { Clock } from './clock.ts';
import { type CallOptions, type Kube, KubeError, type Patch, type WatchEvent, type WatchOptions } from './kube.ts';
import { LeaderElector } from './leader-election.ts';
import type { Lease } from './lease.ts';

/** The time of one process: its clock may run too fast or too slowly, and while it is stopped no timer of it fires. */
class ProcessClock implements Clock {
  readonly #world: FakeClock;
  readonly #rate: number;
  #isStopped = false;
  #held: (() => void)[] = [];

  constructor(world: FakeClock, rate: number) {
    this.#world = world;
    this.#rate = rate;
  }

  now(): number {
    return this.#world.now();
  }

  monotonicMs(): number {
    return this.#world.monotonicMs() * this.#rate;
  }

  setTimer(delayMs: number, callback: () => void): () => void {
    let isCancelled = false;
    const fire = () => {
      if (this.#isStopped) this.#held.push(fire);
      else if (!isCancelled) callback();
    };
    const cancel = this.#world.setTimer(delayMs / this.#rate, fire);
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  stop(): void {
    this.#isStopped = true;
  }

  resume(): void {
    this.#isStopped = false;
    for (const fire of this.#held.splice(0)) fire();
  }

  /** What arrives while the process is stopped waits in its sockets. */
  async whenRunning(): Promise<void> {
    if (this.#isStopped) await new Promise<void>((resolve) => this.#held.push(resolve));
  }
}

/** What an API server does with one Lease: compare and swap, and the history as watches see it. */
class LeaseServer {
  #revision = 1;
  #lease: Lease | undefined;
  readonly #history: { readonly revision: number; readonly event: WatchEvent<Lease> }[] = [];
  readonly #watches = new Set<() => void>();

  get lease(): Lease | undefined {
    return this.#lease;
  }

  get revision(): string {
    return String(this.#revision);
  }

  create(body: object): Lease {
    if (this.#lease !== undefined) throw new KubeError('exists', { code: 409, reason: 'AlreadyExists' });
    return this.#store('ADDED', (body as Lease).spec ?? {});
  }

  patch({ body }: Patch): Lease {
    const { metadata, spec } = body as { metadata: { resourceVersion?: string }; spec: Lease['spec'] };
    if (this.#lease === undefined) throw new KubeError('not found', { code: 404, reason: 'NotFound' });
    const { resourceVersion } = metadata; // without one, a patch is not guarded
    if (resourceVersion !== undefined && resourceVersion !== this.#lease.metadata.resourceVersion) {
      throw new KubeError('conflict', { code: 409, reason: 'Conflict' });
    }
    return this.#store('MODIFIED', { ...this.#lease.spec, ...spec });
  }

  delete(): void {
    if (this.#lease === undefined) return;
    const metadata = { ...this.#lease.metadata, resourceVersion: String(++this.#revision) };
    const object = { ...this.#lease, metadata };
    this.#lease = undefined;
    this.#tell({ type: 'DELETED', object });
  }

  /** The next event after that revision, when there is one. */
  async next(after: number, signal: AbortSignal): Promise<{ revision: number; event: WatchEvent<Lease> } | undefined> {
    while (!signal.aborted) {
      const found = this.#history.find((one) => one.revision > after);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#watches.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#watches.add(wake);
        signal.addEventListener('abort', wake);
      });
    }
    return undefined;
  }

  #store(type: 'ADDED' | 'MODIFIED', spec: NonNullable<Lease['spec']>): Lease {
    const resourceVersion = String(++this.#revision);
    const metadata = { name: 'op', namespace: 'ns', uid: 'u', resourceVersion, creationTimestamp: '' };
    this.#lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
    this.#tell({ type, object: this.#lease });
    return this.#lease;
  }

  #tell(event: WatchEvent<Lease>): void {
    this.#history.push({ revision: this.#revision, event });
    for (const wake of this.#watches) wake();
  }
}

/** What the network does to one message: seconds on the way there and back, or never to arrive. */
interface Weather {
  readonly thereMs: number;
  readonly backMs: number;
  readonly isLost: 'no' | 'request' | 'answer';
}

/** The way of one process to the server. It heeds no signal: what was sent arrives, however late. */
function line(
  server: LeaseServer,
  world: FakeClock,
  process: ProcessClock,
  weather: () => Weather,
  onListed: () => void,
): Kube {
  const pass = (ms: number) => new Promise<void>((resolve) => void world.setTimer(ms, resolve));
  const never = () => new Promise<never>(() => undefined);
  const call = async <T>(serve: () => T): Promise<T> => {
    const { thereMs, backMs, isLost } = weather();
    await pass(thereMs);
    if (isLost === 'request') return never();
    const served = await Promise.resolve()
      .then(serve)
      .then(
        (value) => () => value,
        (error: unknown) => () => {
          throw error;
        },
      );
    await pass(backMs);
    await process.whenRunning();
    return isLost === 'answer' ? never() : served();
  };
  const reflected = async <T>(answer: () => T, options?: CallOptions): Promise<T> => {
    const aborted = new Promise<never>((_, reject) => {
      options?.signal?.addEventListener('abort', () => reject(new KubeError('aborted', { code: 0 })), { once: true });
    });
    const timedOut = pass(options?.timeoutMs ?? 30_000).then(() => {
      throw new KubeError('no answer', { code: 0, reason: 'Timeout' });
    });
    return Promise.race([call(answer), aborted, timedOut]);
  };
  async function* watch(_type: unknown, _namespace: unknown, options: WatchOptions) {
    for (let after = Number(options.resourceVersion); ; ) {
      const next = await server.next(after, options.signal);
      if (next === undefined) return;
      await pass(weather().backMs);
      await process.whenRunning();
      if (options.signal.aborted) return;
      after = next.revision;
      yield next.event;
    }
  }
  const kube = {
    get: (_type: unknown, _key: unknown, options?: CallOptions) => reflected(() => server.lease, options),
    list: (_type: unknown, _namespace: unknown, options?: CallOptions) =>
      reflected(
        () => ({ items: server.lease === undefined ? [] : [server.lease], resourceVersion: server.revision }),
        options,
      ).then((page) => {
        if (page.items.length > 0) onListed();
        return page;
      }),
    watch,
    create: (_type: unknown, _namespace: unknown, body: object) => call(() => server.create(body)),
    patch: (_type: unknown, _key: unknown, patch: Patch) => call(() => server.patch(patch)),
    delete: () => call(() => server.delete()),
  };
  return kube as unknown as Kube; // it serves Leases alone
}

interface Member {
  readonly elector: LeaderElector;
  readonly process: ProcessClock;
  readonly stopping: AbortController;
  isLost: boolean;
  hasSeenLease: boolean;
  elected: number;
}

const anyWeather: fc.Arbitrary<Weather> = fc.oneof(
  {
    weight: 7,
    arbitrary: fc.record({ thereMs: fc.nat(300), backMs: fc.nat(300), isLost: fc.constant('no' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ thereMs: fc.nat(300), backMs: fc.nat(4500), isLost: fc.constant('no' as const) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      thereMs: fc.nat(14_000),
      backMs: fc.nat(14_000),
      isLost: fc.constantFrom('no' as const, 'request' as const, 'answer' as const),
    }),
  },
);

const anyEvent = fc.record({
  afterMs: fc.nat(12_000),
  member: fc.nat(2),
  type: fc.constantFrom(
    'nothing' as const,
    'nothing' as const,
    'shutDown' as const,
    'stopProcess' as const,
    'resumeProcess' as const,
    'deleteLease' as const,
    'newProcess' as const,
  ),
  rate: fc.constantFrom(1, 1.45),
});

type Event = typeof anyEvent extends fc.Arbitrary<infer E> ? E : never;

/** Plays a schedule, and fails as soon as two lead. @returns how often somebody was elected */
async function play(weathers: readonly Weather[], events: readonly Event[]): Promise<number> {
  const world = new FakeClock();
  const server = new LeaseServer();
  const members: Member[] = [];
  let sent = 0;
  let highestEpoch = 0;
  const weather = (): Weather => weathers[sent++ % weathers.length] ?? { thereMs: 0, backMs: 0, isLost: 'no' };
  const join = (rate: number) => {
    const process = new ProcessClock(world, rate);
    const elector = new LeaderElector({
      kube: line(server, world, process, weather, () => {
        member.hasSeenLease = true;
      }),
      clock: process,
      random: () => 0.5,
      namespace: 'ns',
      name: 'op',
      identity: `op-${members.length}`,
    });
    const stopping = new AbortController();
    const member: Member = { elector, process, stopping, isLost: false, hasSeenLease: false, elected: 0 };
    members.push(member);
    void elector.run({
      signal: member.stopping.signal,
      onElected: () => {
        member.elected++;
      },
      onLost: () => {
        assert.equal(member.isLost, false, 'lost twice');
        member.isLost = true;
      },
    });
  };
  const check = () => {
    const holders = members.filter(({ elector }) => elector.remainingMs() > 0);
    assert.ok(holders.length <= 1, `two lead: ${holders.map(({ elector }) => elector.identity).join(', ')}`);
    for (const { elector } of holders) {
      assert.ok(elector.epoch >= highestEpoch, `epoch ${elector.epoch} after ${highestEpoch}`);
      highestEpoch = elector.epoch;
    }
  };
  const advance = async (ms: number) => {
    const end = world.monotonicMs() + ms;
    for (;;) {
      const waitMs = world.nextTimerMs;
      if (waitMs === undefined || world.monotonicMs() + waitMs > end) break;
      world.advance(waitMs);
      check();
      await settle(2);
      check();
    }
    world.advance(end - world.monotonicMs());
    check();
  };
  join(1);
  await advance(30_000);
  join(1.45);
  join(1);
  for (const event of events) {
    await advance(event.afterMs);
    const member = members[event.member];
    if (event.type === 'shutDown') member?.stopping.abort();
    if (event.type === 'stopProcess') member?.process.stop();
    if (event.type === 'resumeProcess') member?.process.resume();
    // Whoever has never seen the Lease takes its absence for a new installation: the one thing that is not covered.
    if (event.type === 'deleteLease' && members.every((one) => one.hasSeenLease)) server.delete();
    if (event.type === 'newProcess' && server.lease !== undefined) join(event.rate);
    check();
  }
  for (const member of members) member.stopping.abort();
  for (const member of members) member.process.resume();
  await advance(60_000);
  return members.reduce((sum, member) => sum + member.elected, 0);
}

test('whatever is slow, lost, stopped or deleted, at no instant do two lead, and the epoch never falls', async () => {
  let elections = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyWeather, { minLength: 1, maxLength: 60 }),
      fc.array(anyEvent, { minLength: 3, maxLength: 25 }),
      async (weathers, events) => {
        elections += await play(weathers, events);
      },
    ),
    { numRuns: 200 },
  );
  assert.ok(elections > 200, `only ${elections} elections in 200 runs: the schedules show nothing`);
});
