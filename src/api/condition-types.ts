/** What a condition of that type says. */
export interface ConditionTypeDoc {
  readonly means: string;
  /** `always`: on every object; `while True`: abnormal, absent otherwise. */
  readonly present: 'always' | 'while True';
  /** The kinds that have it; all when left out. */
  readonly kinds?: readonly string[];
}

/** Every condition type that the operator writes. The list is closed. */
export const CONDITION_TYPES = {
  Ready: {
    means:
      'The external resource is usable, as last read. A failed call leaves it True with the reason NotSynced, which tables of kubectl show; a generation that was never in sync, a read that found nothing, and deletion make it False.',
    present: 'always',
  },
  Synced: { means: 'The last pass brought the service to the spec.', present: 'always' },
  AuthValid: {
    means:
      'The service accepted a call signed with the credentials. A failing network leaves it as it is. With reason AccountChanged they open another account than the pinned one, and nothing uses them.',
    present: 'always',
    kinds: ['Provider'],
  },
  EndpointReachable: {
    means: 'The S3 endpoint answered when it was last asked. Unknown: the last calls failed before it was asked.',
    present: 'always',
    kinds: ['Provider'],
  },
  IAMReachable: {
    means:
      'The IAM endpoint answered a signed call when it was last asked. Unknown: the last calls failed before it was asked.',
    present: 'always',
    kinds: ['Provider'],
  },
  Reconciling: { means: 'The operator is not done and tries on by itself.', present: 'while True' },
  Stalled: {
    means: 'The operator waits for someone to change something; trying on would not help.',
    present: 'while True',
  },
  Unsupported: {
    means: 'The service cannot do what the named fields ask for; all others are applied.',
    present: 'while True',
    kinds: ['Bucket', 'User', 'IAMPolicy', 'AccessKey'],
  },
  ForeignKey: {
    means: 'The user has access keys that no AccessKey accounts for; the message lists them. They are left alone.',
    present: 'while True',
    kinds: ['AccessKey'],
  },
  RestartBlocked: {
    means:
      'A workload of spec.restart cannot be restarted when its Secrets change; the message names it. The key and its Secrets are as they should be.',
    present: 'while True',
    kinds: ['AccessKey'],
  },
  FreezeIgnored: {
    means: 'The annotation s3.cloud37.dev/freeze has a value other than "true", which freezes nothing.',
    present: 'while True',
    kinds: ['User', 'AccessKey'],
  },
  LeftByPredecessor: {
    means:
      'The predecessor of this operator left something in the service that the spec does not ask for; the message names it. It is left alone.',
    present: 'while True',
    kinds: ['BucketPolicy', 'User'],
  },
  DeletionBlocked: { means: 'The deletion of the object waits for someone.', present: 'while True' },
  Drifted: { means: 'Under mode Observe: the service differs from the spec.', present: 'while True' },
} as const satisfies Record<string, ConditionTypeDoc>;

/** The type of a condition. */
export type ConditionType = keyof typeof CONDITION_TYPES;
