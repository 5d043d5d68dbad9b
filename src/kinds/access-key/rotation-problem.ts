import type { AccessKey } from '../../api/access-key.ts';
import { CLAIM_KEYS } from '../../managed/annotations.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import type { KeyFacts, Recovery, RotationProblem } from './facts.ts';
import { holdersText } from './messages.ts';

/** Why the key is not replaced though it is due, for people. Pure. No key id. */
export function rotationError(
  resource: AccessKey,
  { reason, untilMs }: RotationProblem,
  { facts: { nowMs, names }, recovery: { foreign } }: { readonly facts: KeyFacts; readonly recovery: Recovery },
  userName: string,
): ReconcileError {
  const isDue = 'the key is due to be replaced';
  switch (reason) {
    case 'SecretNotOurs':
      return waits(
        `${isDue}, and Secret "${names.next}", which takes the new one first, is not of this object: delete it if nobody needs it`,
        'SecretNotOurs',
      );
    case 'PreviousNotOurs':
      return waits(
        `${isDue}, and Secret "${names.previous}", which keeps it for its retention, is not of this object: delete it if nobody needs it`,
        'SecretNotOurs',
      );
    case 'OwnershipUnproven':
      return waits(
        `${isDue}, and nothing proves that this object made it, so that it could not be revoked afterwards: list its id (status.accessKeyId) in the annotation ${CLAIM_KEYS}`,
        reason,
      );
    case 'ForeignKey':
      return waits(
        `${isDue}, and user "${userName}" has another one already, where two are the most there can be: ${holdersText(resource, foreign)}; give each AccessKey a User of its own`,
        reason,
      );
    case 'RotationFailed': {
      const message = `the service never accepted the key that was to replace the one in use, which stays; it is tried again at ${rfc3339(untilMs ?? nowMs)}`;
      return new ReconcileError('Transient', message, {
        reason,
        retryAfterMs: Math.max(1_000, (untilMs ?? nowMs) - nowMs),
      });
    }
  }

  function waits(message: string, why: ReconcileError['reason']): ReconcileError {
    return new ReconcileError('DependencyNotReady', message, { reason: why });
  }
}
