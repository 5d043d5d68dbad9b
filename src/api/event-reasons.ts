import { NOTHING, type ReasonDoc } from './reason-doc.ts';
import { REASON_GROUPS, type Reason } from './reasons.ts';

/** What an event of that reason tells. */
export interface EventReasonDoc extends ReasonDoc {
  readonly type: 'Normal' | 'Warning' | 'either';
}

const READ_NOTE = 'Look up the reason with which the note begins in conditions.md; it says what to do.';

/** Every reason of an event, beside the condition reasons that an event repeats. The list is closed. */
export const EVENT_REASONS = {
  ReconcileFailed: {
    type: 'either',
    means:
      'A pass failed; the note begins with the reason. Once for each new reason and each edit. What another object has to bring is told once it has been waited for for half a minute, once for each new message; what may pass by itself is told when it has lasted for a minute, and then as one series.',
    next: READ_NOTE,
  },
  ValidateSucceeded: {
    type: 'Normal',
    means: 'The credentials and endpoints of a Provider work (again).',
    next: NOTHING,
  },
  ValidateFailed: {
    type: 'either',
    means: 'The credentials or endpoints of a Provider do not work; told like ReconcileFailed.',
    next: READ_NOTE,
  },
  BucketCreated: { type: 'Normal', means: 'The bucket was created, with its settings.', next: NOTHING },
  Recreated: {
    type: 'Warning',
    means: 'The bucket had been deleted by somebody else, with what was in it, and was created again, empty.',
    next: 'Find out who deleted it. What was in it comes back from a backup or not at all.',
  },
  BucketUpdated: { type: 'Normal', means: 'Settings of the bucket were changed; the note names them.', next: NOTHING },
  AutoManageAbsent: {
    type: 'Normal',
    means:
      'The Bucket has no spec.autoManage: nothing is made for it, and what an earlier operator made stays as it is.',
    next: 'Nothing, or write spec.autoManage to have user, policy and key made.',
  },
  BucketDeleted: { type: 'Normal', means: 'The bucket is gone.', next: NOTHING },
  PolicyApplied: { type: 'Normal', means: 'A policy was written; the note says what changed.', next: NOTHING },
  PolicyRemoved: {
    type: 'Normal',
    means: 'The statements of the object are gone from the policy of its bucket.',
    next: NOTHING,
  },
  PolicyFailed: {
    type: 'either',
    means: 'A policy could not be brought into force; the note begins with the reason.',
    next: READ_NOTE,
  },
  UserCreated: { type: 'Normal', means: 'The IAM user was created, with what its spec grants.', next: NOTHING },
  UserUpdated: {
    type: 'Normal',
    means: 'What the user may do was changed; the note names the changes.',
    next: NOTHING,
  },
  UserDeleted: { type: 'Normal', means: 'The IAM user is gone.', next: NOTHING },
  IAMPolicyCreated: { type: 'Normal', means: 'The managed policy was created.', next: NOTHING },
  IAMPolicyUpdated: { type: 'Normal', means: 'The managed policy has a new default version.', next: NOTHING },
  IAMPolicyDeleted: { type: 'Normal', means: 'The managed policy is gone.', next: NOTHING },
  SecretInUse: {
    type: 'Warning',
    means: 'Somebody deleted a Secret of a Provider that objects depend on; its deletion waits for them.',
    next: 'Delete the objects that the note names first, or make the Secret again: its deletion goes on by itself.',
  },
  ProviderDeleted: { type: 'Normal', means: 'The Provider is gone, and its Secrets are free again.', next: NOTHING },
  AccessKeyCreated: { type: 'Normal', means: 'An access key was created and delivered in its Secret.', next: NOTHING },
  AccessKeyUpdated: {
    type: 'Normal',
    means: 'The Secret or the record of an access key was brought in line; the note says how.',
    next: NOTHING,
  },
  AccessKeyDeleted: {
    type: 'Normal',
    means: 'The keys that the AccessKey made are revoked; the note says when they were last used.',
    next: NOTHING,
  },
  KeyRotated: {
    type: 'Normal',
    means: 'A new access key, which works, took the place of the one in the Secret.',
    next: NOTHING,
  },
  KeyRetired: { type: 'Normal', means: 'The access key that another one had replaced is revoked.', next: NOTHING },
  RotationWaits: {
    type: 'Normal',
    means: 'A rotation was asked for during the retention of an earlier one; the note says when it begins.',
    next: 'Nothing: the rotation begins at the time in the note.',
  },
  PreviousKeyInUse: {
    type: 'Warning',
    means: 'A previous key is past its retention and still used; the note says how long it lives on.',
    next: 'Find out who still signs with the previous key (the note says when it was last used), and give it the one in the Secret.',
  },
  KeyRetentionEnded: {
    type: 'Warning',
    means:
      'A key was revoked before its time, because the Secret of the one in use was lost and the user may have two keys only.',
    next: 'Give whoever used that key the one in the Secret. Find out who deleted the Secret.',
  },
  OutputsWritten: {
    type: 'Normal',
    means: 'Secrets or ConfigMaps of spec.outputs were written or removed; the note names them.',
    next: NOTHING,
  },
  WorkloadRestarted: {
    type: 'Normal',
    means: 'A workload of spec.restart was told to make its pods anew, because the content of its Secrets changed.',
    next: NOTHING,
  },
  KeysFrozen: {
    type: 'Warning',
    means: 'The keys were made inactive, as the annotation s3.cloud37.dev/freeze on the object or on its User asks.',
    next: 'Take the annotation away when the keys may work again: docs/guides/leaked-key.md.',
  },
  KeysThawed: { type: 'Normal', means: 'The keys that the freeze had made inactive are active again.', next: NOTHING },
  DriftRepaired: {
    type: 'Normal',
    means: 'Someone changed the external resource, and it was changed back.',
    next: 'If it comes again: find out who else writes it, and let one of the two go.',
  },
  DeletionBlocked: {
    type: 'Warning',
    means: 'The deletion waits; the note says for what.',
    next: 'Do what the note says. The condition DeletionBlocked has the reason.',
  },
  LegacyReference: {
    type: 'Warning',
    means: 'A reference into another namespace has no grant; it works only with --allow-legacy-cross-namespace.',
    next: 'Let the owner of the other object set spec.allowedNamespaces.',
  },
  Retained: {
    type: 'either',
    means: 'The object went and the external resource stays.',
    next: 'Look after what stays: nothing manages it any more.',
  },
  Abandoned: {
    type: 'Warning',
    means: 'The object was let go on request without touching the service.',
    next: 'Delete in the service what is left, if nobody needs it.',
  },
} as const satisfies Record<string, EventReasonDoc>;

/** Condition reasons that are an event's own reason, too, all of them warnings: they are loud enough by themselves. */
const REPEATED_REASONS = [
  'AlreadyExists',
  'ClaimedByOther',
  'NothingToAdopt',
  'NotPermitted',
  'LeftByPredecessor',
  'SecretNotOurs',
  'KeyInactive',
  'KeyNotUsable',
  'ForeignKey',
  'FreezeIgnored',
  'RotationFailed',
  'RestartTargetMissing',
  'Forbidden',
  'Rejected',
] as const satisfies readonly Reason[];

/** The reason of an event; nothing else is sent. */
export type EventReason = keyof typeof EVENT_REASONS | (typeof REPEATED_REASONS)[number];

/** A condition's reason as an event's, where it may be one; else the one with which notes begin by the reason. */
export function eventReasonOf(reason: Reason, otherwise: EventReason): EventReason {
  return REPEATED_REASONS.find((repeated) => repeated === reason) ?? otherwise;
}

/** What each reason of an event tells, and what to do: the table of the reference page. */
export function documentedEvents(): Readonly<Record<string, EventReasonDoc>> {
  const reasons: Readonly<Record<string, ReasonDoc>> = Object.assign(
    {},
    ...REASON_GROUPS.map((group) => group.reasons),
  );
  const repeated = REPEATED_REASONS.flatMap((name) => {
    const doc = reasons[name];
    return doc === undefined ? [] : [[name, { ...doc, type: 'Warning' as const }] as const];
  });
  return { ...EVENT_REASONS, ...Object.fromEntries(repeated) };
}
