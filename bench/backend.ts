import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Counts, tally } from './kube-calls.ts';

/** One account of the emulated service. */
export interface BackendAccount {
  readonly port: number;
  /** Of S3, in the region of the run. */
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What the process of the emulators is asked. */
export type BackendRequest =
  /** The calls since those places in their logs. */
  { readonly type: 'calls'; readonly from: readonly number[] } | Change;

/** What is changed behind everybody's back, or of how the service answers. */
export type Change =
  /** Lets every key of a user be made at that time, ms since the epoch. */
  | { readonly type: 'age'; readonly createdMs: number }
  /** From now on each call takes so long. */
  | { readonly type: 'latency'; readonly ms: number }
  /** From now on such a share of the calls of these accounts is answered 503, and of no others; 0 to 1. */
  | { readonly type: 'throttle'; readonly accounts: readonly number[]; readonly share: number }
  /** Buckets get so many objects each. */
  | { readonly type: 'fill'; readonly objects: number }
  /** Of these buckets, versioning is turned the other way round. */
  | { readonly type: 'turn versioning'; readonly buckets: readonly string[] }
  /** These buckets are deleted. */
  | { readonly type: 'delete'; readonly buckets: readonly string[] };

/** One call that the service answered. */
export interface BackendCall {
  /** The operation, with the code where it was refused, and whether it was a read in vain; see CallNames. */
  readonly name: string;
  readonly operation: string;
  readonly bucket?: string | undefined;
  readonly userName?: string | undefined;
  /** What its program says of itself. */
  readonly userAgent: string;
  readonly isRefused: boolean;
  /** Whether it would change something. */
  readonly mutating: boolean;
  /** When it came, on this process's clock of `performance.now()`. */
  readonly atMs: number;
  readonly account: number;
}

/** What it answers. */
export type BackendReply =
  | { readonly type: 'ready'; readonly accounts: readonly BackendAccount[]; readonly timeOrigin: number }
  | {
      readonly type: 'calls';
      readonly until: readonly number[];
      /** Oldest first of each account; times on the clock of its process. */
      readonly calls: readonly BackendCall[];
      /** The most keys that any user had at any instant so far. */
      readonly mostKeys: number;
    }
  | { readonly type: 'changed' };

/** Calls that the service answered in some span. */
export interface ServiceCalls {
  /** By operation, with the code where it was refused: absence is answered with a code, too. */
  readonly counts: Counts;
  readonly total: number;
  /** Those that change something. */
  readonly writes: number;
}

/** The same, and what no result keeps. */
export interface ServiceLog extends ServiceCalls {
  readonly calls: readonly BackendCall[];
  /** The most keys that any user had at any instant since the service started. */
  readonly mostKeys: number;
}

/** The emulated service, in a process of its own. */
export interface Backend {
  readonly accounts: readonly BackendAccount[];
  /** Calls since the last time this was asked. */
  take(): Promise<ServiceLog>;
  /** The same, which the next `take` tells of once more. */
  look(): Promise<ServiceLog>;
  change(change: Change): Promise<void>;
  stop(): void;
}

/** How many calls name a bucket: all but those of Providers and of users. Pure. */
export function callsAboutBuckets(calls: readonly BackendCall[]): number {
  return calls.filter(({ bucket }) => bucket !== undefined).length;
}

/** Starts the emulators. They end with this process. @throws Error when they do not start */
export async function startBackend(options: {
  readonly accounts: number;
  readonly latencyMs: number;
  readonly region: string;
}): Promise<Backend> {
  const file = fileURLToPath(new URL('emulator.ts', import.meta.url));
  const child = fork(file, [String(options.accounts), String(options.latencyMs), options.region]);
  const ready = await next(child);
  if (ready.type !== 'ready') throw new Error('the emulator answered before it was asked');
  const ask = (request: BackendRequest) => {
    const answer = next(child);
    child.send(request);
    return answer;
  };
  let from: readonly number[] = [];
  const look = async () => {
    const answer = await ask({ type: 'calls', from });
    if (answer.type !== 'calls') throw new Error(`the emulator answered "${answer.type}" when asked for its calls`);
    return { log: logOf(answer, ready.timeOrigin), until: answer.until };
  };
  return {
    accounts: ready.accounts,
    look: async () => (await look()).log,
    take: async () => {
      const { log, until } = await look();
      from = until;
      return log;
    },
    change: async (change) => {
      const { type } = await ask(change);
      if (type !== 'changed') throw new Error(`the emulator answered "${type}" when asked to ${change.type}`);
    },
    stop: () => child.kill('SIGKILL'),
  };
}

function logOf(answer: Extract<BackendReply, { readonly type: 'calls' }>, timeOrigin: number): ServiceLog {
  const calls = answer.calls.map((call) => ({ ...call, atMs: call.atMs + timeOrigin - performance.timeOrigin }));
  return {
    counts: tally(calls.map(({ name }) => name)),
    total: calls.length,
    writes: calls.filter(({ mutating }) => mutating).length,
    calls,
    mostKeys: answer.mostKeys,
  };
}

function next(child: ChildProcess): Promise<BackendReply> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`the emulator ended with code ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message as BackendReply); // emulator.ts sends nothing else
    });
  });
}
