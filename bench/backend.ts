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
  | { readonly type: 'calls'; readonly from: readonly number[] }
  /** Lets every key of a user be made at that time, ms since the epoch. */
  | { readonly type: 'age'; readonly createdMs: number };

/** What it answers. */
export type BackendReply =
  | { readonly type: 'ready'; readonly accounts: readonly BackendAccount[] }
  | {
      readonly type: 'calls';
      readonly until: readonly number[];
      readonly texts: readonly string[];
      /** When each of them came, on one monotonic clock, ms. */
      readonly atMs: readonly number[];
      readonly writes: number;
      /** The most keys that any user had at any instant so far. */
      readonly mostKeys: number;
    }
  | { readonly type: 'aged' };

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
  /** When each call came, on one monotonic clock, ms. */
  readonly atMs: readonly number[];
  /** The most keys that any user had at any instant since the service started. */
  readonly mostKeys: number;
}

/** The emulated service, in a process of its own. */
export interface Backend {
  readonly accounts: readonly BackendAccount[];
  /** Calls since the last time this was asked. */
  take(): Promise<ServiceLog>;
  /** Lets every key of a user be made at that time, ms since the epoch. */
  ageKeys(createdMs: number): Promise<void>;
  stop(): void;
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
  return {
    accounts: ready.accounts,
    take: async () => {
      const calls = await ask({ type: 'calls', from });
      if (calls.type !== 'calls') throw new Error(`the emulator answered "${calls.type}" when asked for its calls`);
      from = calls.until;
      const { texts, atMs, writes, mostKeys } = calls;
      return { counts: tally(texts), total: texts.length, writes, atMs, mostKeys };
    },
    ageKeys: async (createdMs) => {
      const { type } = await ask({ type: 'age', createdMs });
      if (type !== 'aged') throw new Error(`the emulator answered "${type}" when asked to age its keys`);
    },
    stop: () => child.kill('SIGKILL'),
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
