/** What an event of that reason tells. */
export interface EventReasonDoc {
  readonly type: 'Normal' | 'Warning' | 'either';
  readonly means: string;
}

/** Every reason of an event, beside the condition reasons that an event repeats. The list is closed. */
export const EVENT_REASONS = {
  ReconcileFailed: {
    type: 'either',
    means:
      'A pass failed; the note begins with the reason. Once for each new reason and each edit. What another object has to bring is told once it has been waited for for half a minute, once for each new message; what may pass by itself is told when it has lasted for a minute, and then as one series.',
  },
  ValidateSucceeded: { type: 'Normal', means: 'The credentials and endpoints of a Provider work (again).' },
  ValidateFailed: {
    type: 'either',
    means: 'The credentials or endpoints of a Provider do not work; told like ReconcileFailed.',
  },
  BucketCreated: { type: 'Normal', means: 'The bucket was created, with its settings.' },
  Recreated: {
    type: 'Warning',
    means: 'The bucket had been deleted by somebody else, with what was in it, and was created again, empty.',
  },
  BucketUpdated: { type: 'Normal', means: 'Settings of the bucket were changed; the note names them.' },
  AutoManageAbsent: {
    type: 'Normal',
    means:
      'The Bucket has no spec.autoManage: nothing is made for it, and what an earlier operator made stays as it is.',
  },
  BucketDeleted: { type: 'Normal', means: 'The bucket is gone.' },
  PolicyApplied: { type: 'Normal', means: 'A policy was written; the note says what changed.' },
  PolicyRemoved: { type: 'Normal', means: 'The statements of the object are gone from the policy of its bucket.' },
  PolicyFailed: { type: 'either', means: 'A policy could not be brought into force; the note begins with the reason.' },
  UserCreated: { type: 'Normal', means: 'The IAM user was created, with what its spec grants.' },
  UserUpdated: { type: 'Normal', means: 'What the user may do was changed; the note names the changes.' },
  UserDeleted: { type: 'Normal', means: 'The IAM user is gone.' },
  IAMPolicyCreated: { type: 'Normal', means: 'The managed policy was created.' },
  IAMPolicyUpdated: { type: 'Normal', means: 'The managed policy has a new default version.' },
  IAMPolicyDeleted: { type: 'Normal', means: 'The managed policy is gone.' },
  SecretInUse: {
    type: 'Warning',
    means: 'Somebody deleted a Secret of a Provider that objects depend on; its deletion waits for them.',
  },
  ProviderDeleted: { type: 'Normal', means: 'The Provider is gone, and its Secrets are free again.' },
  AccessKeyCreated: { type: 'Normal', means: 'An access key was created and delivered in its Secret.' },
  AccessKeyUpdated: {
    type: 'Normal',
    means: 'The Secret or the record of an access key was brought in line; the note says how.',
  },
  AccessKeyDeleted: {
    type: 'Normal',
    means: 'The keys that the AccessKey made are revoked; the note says when they were last used.',
  },
  KeyRotated: { type: 'Normal', means: 'A new access key, which works, took the place of the one in the Secret.' },
  KeyRetired: { type: 'Normal', means: 'The access key that another one had replaced is revoked.' },
  RotationWaits: {
    type: 'Normal',
    means: 'A rotation was asked for during the retention of an earlier one; the note says when it begins.',
  },
  PreviousKeyInUse: {
    type: 'Warning',
    means: 'A previous key is past its retention and still used; the note says how long it lives on.',
  },
  KeyRetentionEnded: {
    type: 'Warning',
    means:
      'A key was revoked before its time, because the Secret of the one in use was lost and the user may have two keys only.',
  },
  OutputsWritten: {
    type: 'Normal',
    means: 'Secrets or ConfigMaps of spec.outputs were written or removed; the note names them.',
  },
  WorkloadRestarted: {
    type: 'Normal',
    means: 'A workload of spec.restart was told to make its pods anew, because the content of its Secrets changed.',
  },
  KeysFrozen: {
    type: 'Warning',
    means: 'The keys were made inactive, as the annotation s3.cloud37.dev/freeze on the object or on its User asks.',
  },
  KeysThawed: { type: 'Normal', means: 'The keys that the freeze had made inactive are active again.' },
  DriftRepaired: { type: 'Normal', means: 'Someone changed the external resource, and it was changed back.' },
  DeletionBlocked: { type: 'Warning', means: 'The deletion waits; the note says for what.' },
  LegacyReference: {
    type: 'Warning',
    means: 'A reference into another namespace has no grant; it works only with --allow-legacy-cross-namespace.',
  },
  Retained: { type: 'either', means: 'The object went and the external resource stays.' },
  Abandoned: { type: 'Warning', means: 'The object was let go on request without touching the service.' },
} as const satisfies Record<string, EventReasonDoc>;

/** The reason of an event that is no condition's reason. */
export type EventReason = keyof typeof EVENT_REASONS;
