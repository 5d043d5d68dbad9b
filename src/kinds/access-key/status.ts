import type { AccessKey } from '../../api/access-key.ts';
import { eventReasonOf } from '../../api/event-reasons.ts';
import { CLAIM_KEYS, REVOKE_KEYS } from '../../managed/annotations.ts';
import { findCondition, rfc3339 } from '../../managed/conditions.ts';
import type { KindCondition, KindEvent, KindStatus, PassFacts } from '../../managed/kind.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { freezeReport } from '../key-freeze.ts';
import { consentsCount, type DesiredKey, unsupportedFields } from './desired.ts';
import type { LossProblem, Recovery } from './facts.ts';
import { frozenMessage, holdersText, waitMessage } from './messages.ts';
import type { ObservedKey } from './observe.ts';
import { requestWaitsUntilMs, rotationEvents } from './rotation-events.ts';
import { rotationError } from './rotation-problem.ts';
import { dueByTimeMs, rotateRequestedAt } from './rotation-wanted.ts';
import { readWindow } from './rotation-window.ts';

/** What the status says of, beside what was read. */
export interface StatusContext {
  readonly userName: string;
  readonly desired: DesiredKey;
  readonly readinessTimeoutMs: number;
  readonly rejectsUnsupported: boolean;
}

/** The AccessKey's own status. Pure. The lists of keys are written by the steps themselves. */
export function accessKeyStatus(
  resource: AccessKey,
  observed: ObservedKey,
  pass: PassFacts,
  context: StatusContext,
): KindStatus {
  const { facts, recovery } = observed;
  const { wanted } = facts;
  const works = recovery.current !== undefined && wanted.type === 'Ours' && wanted.credential === 'Works';
  const key = facts.keys.find(({ id }) => id === recovery.current);
  const unsupported = unsupportedFields(resource);
  const requested = rotateRequestedAt(resource);
  const failure = failureOf(resource, observed, unsupported, context);
  const freeze = freezeReport(resource, freezeState(recovery), failure?.message ?? '');
  const isFrozen = recovery.problem?.reason === 'Frozen';
  return {
    fields: {
      ...(works ? { accessKeyId: recovery.current } : {}),
      // The earlier name is not forgotten before its Secret is gone.
      ...(works && facts.earlier.length === 0 ? { secretName: context.desired.names.wanted } : {}),
      // The keys are there, and work again.
      ...(isFrozen ? {} : { created: works }),
      frozen: freeze.frozen,
      ...(works && key?.createdAtMs !== undefined ? { lastRotateTime: rfc3339(key.createdAtMs) } : {}),
      nextRotateTime: rfc3339If(
        requestWaitsUntilMs(facts, recovery) ?? dueByTimeMs(facts.rotate, key?.createdAtMs, facts.nowMs),
      ),
      retireTime: rfc3339If(recovery.retireAtMs),
      // One that is pending is written when its rotation begins.
      ...(facts.rotate.isRequested || requested === undefined ? {} : { lastHandledRotateAt: requested }),
      foreignKeys: recovery.foreign.length === 0 ? undefined : recovery.foreign.slice(0, MAX_FOREIGN),
    },
    conditions: [...foreignConditions(recovery, resource, context.userName), ...freeze.conditions],
    unsupported,
    events: [...eventsOf(resource, observed, pass, failure, context), ...freeze.events],
    failure,
    isUnusable: !works && recovery.problem?.isUnusable !== false,
    wakeAfterMs: recovery.wakeAtMs === undefined ? undefined : recovery.wakeAtMs - facts.nowMs,
  };
}

function freezeState({ steps, problem }: Recovery): Parameters<typeof freezeReport>[1] {
  if (problem?.reason === 'Frozen') return problem.isUnusable ? 'Frozen' : 'Between';
  return steps.some(({ type }) => type === 'FreezeKey' || type === 'ThawKey') ? 'Between' : 'Free';
}

function rfc3339If(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : rfc3339(ms);
}

const MAX_FOREIGN = 16;

function foreignConditions({ foreign }: Recovery, resource: AccessKey, userName: string): readonly KindCondition[] {
  if (foreign.length === 0) return [];
  const consent = consentsCount(resource)
    ? `to account one to this object list it in the annotation ${CLAIM_KEYS}, to have it revoked in ${REVOKE_KEYS}`
    : 'the owner of the User decides about them';
  const message = `user "${userName}" has access keys that no AccessKey accounts for: ${foreign.join(', ')}; they are left alone: ${consent}`;
  return [{ type: 'ForeignKey', status: 'True', reason: 'ForeignKey', message }];
}

function failureOf(
  resource: AccessKey,
  { hasUser, facts, recovery }: ObservedKey,
  unsupported: readonly string[],
  context: StatusContext,
): ReconcileError | undefined {
  const { userName, rejectsUnsupported } = context;
  if (!hasUser) {
    const message = `spec.userRef: the service has no user "${userName}" (any more)`;
    return new ReconcileError('DependencyNotReady', message, { reason: 'UserNotReady' });
  }
  if (rejectsUnsupported && unsupported.length > 0) {
    const message = `the service cannot do ${unsupported.join(', ')}, and the Provider says unsupportedSettings: Reject: take the field out`;
    return new ReconcileError('InvalidSpec', message, { reason: 'Unsupported' });
  }
  const { problem: windowProblem } = readWindow(resource.spec.rotate?.window);
  if (windowProblem !== undefined) return windowProblem;
  if (recovery.problem === undefined) return undefined;
  const { problem } = recovery;
  // What stands in the way goes in this very pass: the read after it tells what is left to do.
  if (problem.reason === 'ForeignKey' && recovery.steps.some(({ type }) => type === 'Revoke')) return undefined;
  return 'isOfRotation' in problem
    ? rotationError(resource, problem, { facts, recovery }, userName)
    : problemError(resource, problem, { facts, recovery }, context, isSlow);

  function isSlow(): boolean {
    const createdAtMs = facts.keys.find(({ id }) => id === recovery.current)?.createdAtMs;
    return createdAtMs !== undefined && facts.nowMs - createdAtMs > context.readinessTimeoutMs;
  }
}

function problemError(
  resource: AccessKey,
  problem: LossProblem,
  { facts: { nowMs }, recovery: { foreign } }: Pick<ObservedKey, 'facts' | 'recovery'>,
  { userName, desired, readinessTimeoutMs }: StatusContext,
  isSlow: () => boolean,
): ReconcileError {
  const { reason, untilMs } = problem;
  const where = `Secret "${desired.names.wanted}"`;
  switch (reason) {
    case 'MintUnderWay':
      return new ReconcileError('Transient', waitMessage(untilMs ?? nowMs), {
        reason,
        retryAfterMs: Math.max(1_000, (untilMs ?? nowMs) - nowMs),
      });
    case 'SecretNotOurs':
      return new ReconcileError(
        'DependencyNotReady',
        `${where} exists and is not of this object: choose another name in spec.secret.name, or delete it if nobody needs it`,
        { reason },
      );
    case 'ForeignKey':
      return new ReconcileError(
        'DependencyNotReady',
        `user "${userName}" has two access keys, which is the most there can be, and none of them is this object's to revoke: ${holdersText(resource, foreign)}; give each AccessKey a User of its own`,
        { reason },
      );
    case 'Frozen':
      return new ReconcileError('DependencyNotReady', frozenMessage(resource, problem), {
        reason,
        isExpected: true, // the event KeysFrozen tells of it
        ...(untilMs === undefined ? {} : { retryAfterMs: Math.max(1_000, untilMs - nowMs) }),
      });
    case 'KeyInactive':
      return new ReconcileError(
        'DependencyNotReady',
        `the access key of user "${userName}" in ${where} was made inactive: make it active again, or delete the Secret to get a new key`,
        { reason },
      );
    case 'KeyNotUsable': {
      const slow = isSlow()
        ? `, for longer than ${readinessTimeoutMs / 1_000} s: delete the Secret to get a new one`
        : '';
      return new ReconcileError('Transient', `the service does not accept the access key in ${where} yet${slow}`, {
        reason,
      });
    }
  }
}

/** Each once: it is compared with what status said before. */
function eventsOf(
  resource: AccessKey,
  { facts, recovery }: ObservedKey,
  { applied }: PassFacts,
  failure: ReconcileError | undefined,
  { userName }: StatusContext,
): readonly KindEvent[] {
  const warnings: KindEvent[] = [];
  const known = new Set(resource.status?.foreignKeys);
  const news = recovery.foreign.filter((id) => !known.has(id)).length;
  if (news > 0) {
    const note = `user "${userName}" has ${news} access key(s) that no AccessKey accounts for; the condition ForeignKey lists them`;
    warnings.push({ type: 'Warning', reason: 'ForeignKey', note });
  }
  warnings.push(...rotationEvents(resource, facts, recovery, applied, userName));
  if (applied.includes('Revoke:EndedEarly')) {
    const note = `a key of user "${userName}" was revoked to make room: the Secret of the one in use was lost, and there can be two keys only`;
    warnings.push({ type: 'Warning', reason: 'KeyRetentionEnded', note });
  }
  const before = findCondition(resource.status?.conditions, 'Synced')?.message;
  const isLoud = failure !== undefined && LOUD.has(failure.reason);
  const isSlow = failure?.reason === 'KeyNotUsable' && failure.message.includes('for longer than');
  if (failure !== undefined && (isLoud || isSlow) && before !== failure.message) {
    warnings.push({ type: 'Warning', reason: eventReasonOf(failure.reason, 'ReconcileFailed'), note: failure.message });
  }
  return warnings;
}

/** Somebody has to act, and nothing else tells them so loudly. */
const LOUD: ReadonlySet<string> = new Set(['SecretNotOurs', 'KeyInactive']);
