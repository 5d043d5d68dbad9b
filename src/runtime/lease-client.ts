import type { ObjectKey } from '../api/meta.ts';
import type { Clock } from './clock.ts';
import { withDeadline } from './deadline.ts';
import { type CallOptions, type Kube, KubeError } from './kube.ts';
import { type Claim, LEASES, type Lease, microTime } from './lease.ts';

export interface LeaseClientOptions {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly key: ObjectKey;
  readonly identity: string;
  readonly durationMs: number;
}

/** The calls of one process about its Lease. Every write is guarded by the resourceVersion of what it replaces. */
export class LeaseClient {
  readonly #options: LeaseClientOptions;

  constructor(options: LeaseClientOptions) {
    this.#options = options;
  }

  /** @throws KubeError */
  read(timeoutMs: number): Promise<Lease | undefined> {
    const { kube, key } = this.#options;
    return this.#call(timeoutMs, (options) => kube.get<Lease>(LEASES, key, options));
  }

  /** Acquires or renews: puts our claim in place of `over`, or creates the Lease. @throws KubeError */
  async hold(over: Lease | undefined, claim: Claim, timeoutMs: number): Promise<Lease> {
    const { kube, key, identity, durationMs } = this.#options;
    const spec = this.#spec(claim, identity, Math.ceil(durationMs / 1000));
    if (over !== undefined) return this.#patch(over, spec, timeoutMs);
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: key, spec };
    return this.#call(timeoutMs, (options) => kube.create<Lease>(LEASES, key.namespace, body, options));
  }

  /** Leaves the Lease without holder, which others believe at once. @throws KubeError */
  async release(over: Lease, claim: Claim, timeoutMs: number): Promise<void> {
    await this.#patch(over, this.#spec(claim, '', 1), timeoutMs);
  }

  #patch(over: Lease, spec: Lease['spec'], timeoutMs: number): Promise<Lease> {
    const { kube, key } = this.#options;
    const body = { metadata: { resourceVersion: over.metadata.resourceVersion }, spec };
    return this.#call(timeoutMs, (options) => kube.patch<Lease>(LEASES, key, { type: 'merge', body }, options));
  }

  #spec({ acquireTime, epoch }: Claim, holderIdentity: string, leaseDurationSeconds: number): Lease['spec'] {
    const renewTime = microTime(this.#options.clock.now());
    return { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions: epoch };
  }

  /** With a deadline that holds even if the call does not heed its signal. */
  #call<T>(timeoutMs: number, call: (options: CallOptions) => Promise<T>): Promise<T> {
    const { clock, key } = this.#options;
    const timeoutError = () => new KubeError(`lease ${key.name}: no answer in time`, { code: 0, reason: 'Timeout' });
    return withDeadline({ clock, timeoutMs, timeoutError }, (signal) => {
      const late = Promise.withResolvers<never>();
      signal.addEventListener('abort', () => late.reject(timeoutError()), { once: true });
      return Promise.race([call({ signal, timeoutMs }), late.promise]);
    });
  }
}
