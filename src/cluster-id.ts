import { NAMESPACES } from './api/core-types.ts';
import type { KubeObject } from './api/meta.ts';
import { backoffMs } from './runtime/backoff.ts';
import { type Clock, type Random, sleep } from './runtime/clock.ts';
import { asError } from './runtime/errors.ts';
import { type Kube, KubeError } from './runtime/kube.ts';
import type { Log } from './telemetry/logger.ts';

const KEY = { namespace: '', name: 'kube-system' };
const RETRY = { baseMs: 1_000, capMs: 30_000 };

/**
 * The cluster's own name: the uid of the namespace kube-system. Waits for an API server that is not there yet, and for
 * the right to read it.
 * @throws the reason of `signal` when that aborts first
 */
export async function readClusterId(
  parts: {
    readonly kube: Pick<Kube, 'get'>;
    readonly clock: Clock;
    readonly random: Random;
    readonly log: Log;
    /** Told after each attempt why there is no answer yet. */
    readonly onProblem: (problem: string) => void;
  },
  signal: AbortSignal,
): Promise<string> {
  const { kube, clock, random, log, onProblem } = parts;
  for (let failures = 0; ; failures += 1) {
    signal.throwIfAborted();
    try {
      const found = await kube.get<KubeObject>(NAMESPACES, KEY, { signal });
      if (found !== undefined) return found.metadata.uid;
      throw new Error('there is no namespace kube-system: name the cluster with --cluster-id');
    } catch (thrown) {
      signal.throwIfAborted();
      const problem = problemOf(asError(thrown));
      onProblem(problem);
      log.warn({ problems: [problem], error: asError(thrown) }, 'the cluster cannot be read yet');
      await sleep(clock, backoffMs(failures, random, RETRY), signal);
    }
  }
}

function problemOf(error: Error): string {
  if (error instanceof KubeError && error.code === 401)
    return 'the API server does not accept our credential (401): check the token of the kubeconfig or of the service account, and whether it has expired';
  return error instanceof KubeError && error.code === 403
    ? 'this account may not get the namespace kube-system, whose uid names the cluster: grant that, or name the cluster with --cluster-id'
    : error.message;
}
