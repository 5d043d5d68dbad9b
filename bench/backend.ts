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

/** What the process of the emulators is asked: the calls since those places in their logs. */
export interface BackendRequest {
  readonly from: readonly number[];
}

/** What it answers. */
export type BackendReply =
  | { readonly type: 'ready'; readonly accounts: readonly BackendAccount[] }
  | {
      readonly type: 'calls';
      readonly until: readonly number[];
      readonly texts: readonly string[];
      readonly writes: number;
    };

/** Calls that the service answered in some span. */
export interface ServiceCalls {
  /** By operation, with the code where it was refused: absence is answered with a code, too. */
  readonly counts: Counts;
  readonly total: number;
  /** Those that change something. */
  readonly writes: number;
}

/** The emulated service, in a process of its own. */
export interface Backend {
  readonly accounts: readonly BackendAccount[];
  /** Calls since the last time this was asked. */
  take(): Promise<ServiceCalls>;
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
  let from: readonly number[] = [];
  return {
    accounts: ready.accounts,
    take: async () => {
      const answer = next(child);
      child.send({ from } satisfies BackendRequest);
      const calls = await answer;
      if (calls.type !== 'calls') throw new Error('the emulator started twice');
      from = calls.until;
      return { counts: tally(calls.texts), total: calls.texts.length, writes: calls.writes };
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
