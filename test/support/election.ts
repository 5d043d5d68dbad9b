import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { LEASES } from '../../src/api/core-types.ts';
import { type DevCluster, startDevCluster } from '../../src/devcluster/server.ts';
import { type Kube, KubeError, type WatchOptions } from '../../src/runtime/kube.ts';
import { KubeClient } from '../../src/runtime/kube-client.ts';
import { LeaderElector, type LeaderElectorOptions } from '../../src/runtime/leader-election.ts';
import type { Lease } from '../../src/runtime/lease.ts';
import { FakeClock, settle, waitFor } from './fake-clock.ts';
import { plainAccess } from './loopback-server.ts';

/** The Lease that all want. */
export const KEY = { namespace: 'default', name: 'operator' };

/** What becomes of a call: passed on, passed on without an answer or with one that comes after so many ms, lost, refused. */
type Fate = 'pass' | 'loseAnswer' | number | 'loseRequest' | KubeError;

/** The way of one process to the API server, which the test disturbs. What is lost heeds its signal in a list alone. */
class Line {
  readonly calls: { readonly verb: string; readonly atMs: number }[] = [];
  readonly kube: Kube;
  fate: (verb: string) => Fate = () => 'pass';
  /** Watches bring nothing, and say nothing. */
  isDeaf = false;
  /** Answers that the server has not given yet. */
  underWay = 0;
  /** Called when a call is about to be sent. */
  onSend: (verb: string) => void = () => undefined;
  readonly #clock: FakeClock;

  constructor(kube: Kube, clock: FakeClock) {
    this.#clock = clock;
    this.kube = {
      clockOffsetMs: 0,
      servedVerbs: (...call) => this.#send('get', () => kube.servedVerbs(...call)),
      get: (...call) => this.#send('get', () => kube.get(...call)),
      list: (type, namespace, options) =>
        Promise.race([this.#send('list', () => kube.list<never>(type, namespace, options)), aborted(options?.signal)]),
      create: (...call) => this.#send('create', () => kube.create(...call)),
      patch: (...call) => this.#send('patch', () => kube.patch(...call)),
      delete: (...call) => this.#send('delete', () => kube.delete(...call)),
      watch: (type, namespace, options: WatchOptions) => this.#heard(kube.watch(type, namespace, options)),
    };
  }

  count(verb: string): number {
    return this.calls.filter((one) => one.verb === verb).length;
  }

  async #send<T>(verb: string, call: () => Promise<T>): Promise<T> {
    this.calls.push({ verb, atMs: this.#clock.monotonicMs() });
    this.onSend(verb);
    const fate = this.fate(verb);
    if (fate instanceof KubeError) throw fate;
    if (fate === 'loseRequest') return new Promise<never>(() => undefined);
    this.underWay++;
    const answer = await call().finally(() => this.underWay--);
    if (typeof fate === 'number') await new Promise<void>((resolve) => void this.#clock.setTimer(fate, resolve));
    return fate === 'loseAnswer' ? new Promise<never>(() => undefined) : answer;
  }

  async *#heard<T>(events: AsyncIterable<T>): AsyncGenerator<T, void> {
    for await (const event of events) if (!this.isDeaf) yield event;
  }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new KubeError('aborted', { code: 0, reason: 'Aborted' })));
  });
}

/** One operator process, as far as election goes. */
export interface Process {
  readonly elector: LeaderElector;
  readonly line: Line;
  readonly stopping: AbortController;
  readonly ended: Promise<void>;
  readonly failures: string[];
  elected: number;
  lost: number;
  /** Why it was lost. */
  reason: string;
}

/** What a test of election has at hand. */
export interface Election {
  readonly clock: FakeClock;
  readonly cluster: DevCluster;
  readonly processes: Process[];
  /** An administrator. */
  readonly admin: Kube;
  start(identity: string, options?: Partial<LeaderElectorOptions>, prepare?: (line: Line) => void): Process;
  lease(): Promise<Lease>;
  edit(spec: Lease['spec']): Promise<void>;
  /** Moves the clock from timer to timer; what is on the network arrives in between. */
  pass(ms: number): Promise<void>;
}

/** A control plane on loopback, its clock, and processes that want to lead; two at once fail the test. */
export async function startElection(t: TestContext): Promise<Election> {
  const clock = new FakeClock();
  const cluster = await startDevCluster({ clock });
  const clients: KubeClient[] = [];
  const processes: Process[] = [];
  const connect = (): KubeClient => {
    const access = plainAccess(cluster.url, cluster.token.reveal());
    const client = new KubeClient({ access, clock, random: () => 0.5, userAgent: 'test/1' });
    clients.push(client);
    return client;
  };
  const admin = connect();
  t.after(async () => {
    for (const process of processes) {
      process.line.fate = () => new KubeError('the test is over', { code: 500 });
      process.stopping.abort();
    }
    await Promise.all(processes.map(({ ended }) => ended));
    await Promise.all(clients.map((client) => client.close()));
    await cluster.stop();
  });
  const checkOne = () => {
    const holders = processes.filter(({ elector }) => elector.remainingMs() > 0);
    assert.ok(holders.length <= 1, `two lead: ${holders.map(({ elector }) => elector.identity).join(', ')}`);
  };
  const quiet = async () => {
    do await settle(8);
    while (processes.some(({ line }) => line.underWay > 0));
    checkOne();
  };
  return {
    clock,
    cluster,
    processes,
    admin,
    start: (identity, options = {}, prepare) => {
      const line = new Line(connect(), clock);
      prepare?.(line);
      const { namespace, name } = KEY;
      const failures: string[] = [];
      const onFailure = (error: unknown) => failures.push(error instanceof Error ? error.message : 'no error');
      const fixed = { kube: line.kube, clock, random: () => 0.5, namespace, name, identity, onFailure };
      const elector = new LeaderElector({ ...fixed, ...options });
      const stopping = new AbortController();
      const counts = { elected: 0, lost: 0, reason: '' };
      const ended = elector.run({
        signal: stopping.signal,
        onElected: () => process.elected++,
        onLost: (reason) => {
          process.lost++;
          process.reason = reason;
        },
      });
      const process: Process = Object.assign(counts, { elector, line, stopping, ended, failures });
      processes.push(process);
      return process;
    },
    lease: async () => (await admin.get<Lease>(LEASES, KEY)) ?? assert.fail('there is no Lease'),
    edit: async (spec) => void (await admin.patch(LEASES, KEY, { type: 'merge', body: { spec } })),
    pass: async (ms) => {
      const end = clock.monotonicMs() + ms;
      await quiet();
      for (;;) {
        const waitMs = clock.nextTimerMs;
        if (waitMs === undefined || clock.monotonicMs() + waitMs > end) break;
        clock.advance(Math.max(0, waitMs)); // overdue after the process was stopped
        await quiet();
      }
      clock.advance(end - clock.monotonicMs());
      await quiet();
    },
  };
}

/** A process that leads. */
export async function startLeader(world: Election, identity = 'a'): Promise<Process> {
  const process = world.start(identity);
  await waitFor(`${identity} leads`, () => process.elected === 1);
  return process;
}

/** A standby that has seen the Lease as it is. */
export async function startStandby(world: Election, identity = 'b'): Promise<Process> {
  const before = world.cluster.openWatches();
  const process = world.start(identity);
  await waitFor(`${identity} watches`, () => world.cluster.openWatches() > before);
  return process;
}
