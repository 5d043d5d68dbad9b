import { LEASES } from '../api/core-types.ts';
import type { ObjectKey } from '../api/meta.ts';
import type { Clock } from './clock.ts';
import { withDeadline } from './deadline.ts';
import { type CallOptions, type Kube, KubeError } from './kube.ts';
import { isConflict } from './kube-errors.ts';
import { type Claim, isOurs, type Lease, microTime } from './lease.ts';

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
  hold(over: Lease | undefined, claim: Claim, timeoutMs: number): Promise<Lease> {
    const spec = this.#spec(claim, this.#options.identity, this.#seconds());
    return over === undefined ? this.#create(spec, timeoutMs) : this.#patch(over, spec, timeoutMs);
  }

  /**
   * Creates a Lease that nobody holds and that nobody may take before its time is over, in place of one that vanished.
   * Creating one that is held would be no guard: it may have been there and gone again since we looked.
   * @throws KubeError
   */
  announce(highestEpoch: number, timeoutMs: number): Promise<Lease> {
    const renewTime = microTime(this.#options.clock.now());
    const leaseDurationSeconds = this.#seconds();
    return this.#create(
      { holderIdentity: '', leaseDurationSeconds, renewTime, leaseTransitions: highestEpoch },
      timeoutMs,
    );
  }

  /**
   * Leaves the Lease without holder, which others believe at once; unless it is not ours.
   * @param known what we know of it; undefined: it is read first
   * @throws KubeError
   */
  async release(known: Lease | undefined, claim: Claim, timeoutMs: number): Promise<void> {
    let lease = known ?? (await this.read(timeoutMs));
    for (let attempt = 1; lease !== undefined && isOurs(lease, this.#options.identity, claim); attempt++) {
      try {
        await this.#patch(lease, this.#spec(claim, '', 1), timeoutMs);
        return;
      } catch (error) {
        if (attempt === 2 || !isConflict(error)) throw error;
        lease = await this.read(timeoutMs);
      }
    }
  }

  #create(spec: Lease['spec'], timeoutMs: number): Promise<Lease> {
    const { kube, key } = this.#options;
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: key, spec };
    return this.#call(timeoutMs, (options) => kube.create<Lease>(LEASES, key.namespace, body, options));
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

  #seconds(): number {
    return Math.ceil(this.#options.durationMs / 1000);
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
