import type { BucketPolicy } from '../../api/bucket-policy.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ReconcileError } from '../../runtime/errors.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';

/** So long a refusal is believed; then the service is asked again, since what it misses may be there now. Milliseconds. */
const BELIEVED_MS = 60_000;

/** How `desiredFor` asks for what the service refused. */
export interface KnownRefusals {
  /** Why these statements of that object are left out; undefined: nothing is known against them. */
  of(resource: BucketPolicy, document: PolicyDocument): ReconcileError | undefined;
}

/**
 * Which objects brought statements that the service refused, for a minute: the pass after the refusal goes on without
 * them. Kept in memory alone, since a restart costs one more refused call.
 */
export class RefusedContributions implements KnownRefusals {
  readonly #clock: Clock;
  readonly #byUid = new Map<
    string,
    { readonly text: string; readonly error: ReconcileError; readonly untilMs: number }
  >();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of({ metadata: { uid } }: BucketPolicy, document: PolicyDocument): ReconcileError | undefined {
    const known = this.#byUid.get(uid);
    const isKnown = known !== undefined && known.untilMs > this.#clock.monotonicMs();
    return isKnown && known.text === JSON.stringify(document) ? known.error : undefined;
  }

  note({ metadata: { uid } }: BucketPolicy, document: PolicyDocument, error: ReconcileError): void {
    const nowMs = this.#clock.monotonicMs();
    for (const [each, { untilMs }] of this.#byUid) if (untilMs <= nowMs) this.#byUid.delete(each);
    this.#byUid.set(uid, { text: JSON.stringify(document), error, untilMs: nowMs + BELIEVED_MS });
  }
}
