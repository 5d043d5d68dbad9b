import type { AccessKey } from '../../api/access-key.ts';
import { rfc3339 } from '../../managed/conditions.ts';
import type { KindEvent } from '../../managed/kind.ts';
import type { KeyFacts, Recovery } from './facts.ts';

/** When a rotation begins that somebody asked for during the retention of an earlier one; undefined: none waits. Pure. */
export function requestWaitsUntilMs({ rotate, book }: KeyFacts, { retireAtMs }: Recovery): number | undefined {
  return rotate.isRequested && book.rotation?.step === 'Retaining' ? retireAtMs : undefined;
}

/** What people hear of a rotation, each once: it is compared with what status said before. Pure. No key id. */
export function rotationEvents(
  { status }: AccessKey,
  facts: KeyFacts,
  recovery: Recovery,
  applied: readonly string[],
  userName: string,
): readonly KindEvent[] {
  const events: KindEvent[] = [];
  const { retireAtMs, isPreviousInUse } = recovery;
  const until = retireAtMs === undefined ? undefined : rfc3339(retireAtMs);
  const whose = `of user "${userName}"`;
  // It may have come about before this pass, by one that told nobody.
  const replaced = facts.book.rotation?.step === 'Retaining' ? facts.book.rotation.previousKey : undefined;
  if (replaced !== undefined && replaced === status?.accessKeyId && replaced !== recovery.current) {
    const previous = until === undefined ? '' : `; the previous one goes at ${until}`;
    events.push({ type: 'Normal', reason: 'KeyRotated', note: `the access key ${whose} was replaced${previous}` });
  }
  if (applied.includes('Rotate:Revoke:Retired')) {
    events.push({ type: 'Normal', reason: 'KeyRetired', note: `the previous access key ${whose} is revoked` });
  }
  if (applied.includes('Rotate:Revoke:NeverWorked')) {
    const note = `the service never accepted the new access key ${whose}: it is revoked, and the one in use stays`;
    events.push({ type: 'Warning', reason: 'RotationFailed', note });
  }
  if (isPreviousInUse && until !== undefined && status?.retireTime !== until) {
    const note = `the previous access key ${whose} is past its time and still used; it goes at ${until}: find the workload that has not read its Secret again`;
    events.push({ type: 'Warning', reason: 'PreviousKeyInUse', note });
  }
  if (requestWaitsUntilMs(facts, recovery) !== undefined && until !== undefined && status?.nextRotateTime !== until) {
    const note = `a rotation was asked for while the previous access key ${whose} still lives: it begins at ${until}; spec.rotate.previousKeysRetentionDays: 0 lets it begin at once`;
    events.push({ type: 'Normal', reason: 'RotationWaits', note });
  }
  return events;
}
