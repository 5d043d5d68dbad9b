import { sleep, systemClock } from '../runtime/clock.ts';
import { Credential } from '../runtime/credential.ts';
import { KubeClient } from '../runtime/kube-client.ts';

/** What ends a wait early. */
export interface Waiting {
  readonly signal: AbortSignal;
  /** Rejects when something else has failed for good. */
  readonly failure: Promise<unknown>;
}

const EVERY_MS = 20;
const LONGEST_MS = 20_000;

/** Waits until it is so. @throws Error naming `what` when it takes too long, or when something else failed */
export async function until(what: string, waiting: Waiting, isSo: () => Promise<boolean>): Promise<void> {
  const end = systemClock.monotonicMs() + LONGEST_MS;
  const wait = async () => {
    while (!(await isSo())) {
      waiting.signal.throwIfAborted();
      if (systemClock.monotonicMs() > end) throw new Error(`not within ${LONGEST_MS / 1_000} s: ${what}`);
      await sleep(systemClock, EVERY_MS, waiting.signal);
    }
  };
  await Promise.race([wait(), waiting.failure]);
}

/** A client of an API server on loopback with a token that never changes. */
export function connect(server: string, token: string): KubeClient {
  const access = {
    server,
    namespace: undefined,
    origin: 'loopback',
    tls: () => Promise.resolve({ isInsecure: false }),
    authorization: () => Promise.resolve(new Credential(`Bearer ${token}`)),
    invalidate: () => undefined,
  };
  return new KubeClient({ access, clock: systemClock, random: Math.random, userAgent: 'wasabi-s3-operator-demo' });
}
