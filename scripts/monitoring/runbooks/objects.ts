import { cause, LOG, promql, type Runbook, sh, warnings } from './runbook.ts';

/** Runbooks of alerts about objects that are not as they should be. */
export const OF_OBJECTS: Readonly<Record<string, Runbook>> = {
  WasabiProviderNotReady: {
    affected:
      'Every object of these Providers: nothing is created, repaired, rotated or deleted in their accounts. New objects wait.',
    unaffected: 'Buckets and keys that were delivered work on, and so do all other Providers.',
    looks: [
      sh('Which, and for which reason?', 'kubectl get providers -A'),
      sh('What exactly is wrong, and what is to be done?', 'kubectl describe providers -A'),
      warnings('Provider'),
      promql(
        'What does the service answer?',
        'sum by (service, operation, status) (rate(wasabi_s3_operator_api_call_total{status!~"2.."}[15m])) > 0',
      ),
    ],
    causes: [
      cause(
        'The key is revoked or wrong',
        'reason AuthFailed',
        'Put a key that works into the Secret of `spec.auth`: it is tried at once. [WasabiCredentialsRefused](WasabiCredentialsRefused.md) has more.',
      ),
      cause(
        'The Secret is missing or lacks a key',
        'reason SecretNotFound, SecretKeyMissing or SecretInvalid',
        'Create it as the message says. Does whatever makes it (External Secrets, Sealed Secrets) work?',
      ),
      cause(
        'The account refuses every key for a time',
        'reason AuthenticationLockout',
        'Find what signs with a wrong key, stop it, and wait: minutes, not hours.',
      ),
      cause(
        'The service is out of reach',
        'reason ConnectionFailed, DNSLookupFailed, Timeout, ConnectionLost or ServiceFailed',
        "Egress of the cluster (NetworkPolicy, proxy, DNS), then Wasabi's status page.",
      ),
      cause(
        'The endpoint or its certificate',
        'reason EndpointNotAllowed or TLSVerificationFailed',
        'Correct `spec.endpoint`, or add it to `operator.allowedEndpoints`; give a private CA in `spec.tls.caCertSecretRef`.',
      ),
      cause(
        'Another account',
        'reason AccountChanged',
        'Put the former credentials back. The message prints the annotation that consents to the new account.',
      ),
    ],
    escalation:
      'The reason is AccountProblem, or the service fails for all accounts for over half an hour: ask the support of Wasabi, with the request ids of the log.',
    silence: 'A Provider that is meant to be away: delete it, or set `spec.suspend`; suspended ones do not count.',
  },
  WasabiObjectNotReady: {
    affected: 'Whoever waits for this storage or this key: mostly something new that never came to be.',
    unaffected:
      'All other objects. Where the reason is NotSynced the storage is usable; then this alert does not fire.',
    looks: [
      sh('Which are not True?', 'kubectl get wasabi -A'),
      sh(
        'Why, each in a line?',
        'kubectl get buckets.s3.cloud37.dev,bucketpolicies,users.s3.cloud37.dev,iampolicies,accesskeys -A -o custom-columns=\'KIND:.kind,NS:.metadata.namespace,NAME:.metadata.name,READY:.status.conditions[?(@.type=="Ready")].status,REASON:.status.conditions[?(@.type=="Synced")].reason,MESSAGE:.status.conditions[?(@.type=="Synced")].message\'',
      ),
      promql(
        'How many, of which kind?',
        'sum by (kind) (max by (kind, status) (wasabi_s3_operator_objects{condition="Ready",status!="True"})) > 0',
      ),
    ],
    causes: [
      cause(
        'The spec cannot be fulfilled',
        'the condition Stalled is True',
        'The author changes the field that the message names. [Who must act](../../reference/conditions.md#the-objects-author-must-act) has each reason.',
      ),
      cause(
        'It waits for another object',
        'a reason that ends in NotFound or NotReady, or RefNotPermitted',
        'Look at that object. Of a chain, only the first one needs mending.',
      ),
      cause(
        'Its Provider is not Ready',
        'reason ProviderNotReady',
        '[WasabiProviderNotReady](WasabiProviderNotReady.md).',
      ),
      cause(
        'The name is taken',
        'reason AlreadyExists or ClaimedByOther',
        'Another name, or adoption: [ownership](../../ownership.md).',
      ),
      cause(
        "The operator's user may not do it",
        'reason AccessDenied',
        'Grant the action that the message names: [the policy](../../reference/operator-policy.md).',
      ),
    ],
    escalation:
      'The reason is none of a person (Transient, ServiceFailed, UnexpectedAnswer) and lasts for an hour: to those who run the operator, with the message.',
    silence: 'Objects that are meant to wait: `spec.suspend`; suspended ones do not count.',
  },
  WasabiDeletionBlocked: {
    affected:
      'The object that is to go, its namespace if that is being deleted, and what waits for the name to be free.',
    unaffected: 'The data: nothing is lost by waiting. All other objects.',
    looks: [
      sh(
        'Which are being deleted, and since when?',
        "kubectl get wasabi -A -o custom-columns='KIND:.kind,NS:.metadata.namespace,NAME:.metadata.name,SINCE:.metadata.deletionTimestamp'",
      ),
      sh(
        'What does each wait for?',
        'kubectl get wasabi -A -o custom-columns=\'KIND:.kind,NS:.metadata.namespace,NAME:.metadata.name,REASON:.status.conditions[?(@.type=="DeletionBlocked")].reason,MESSAGE:.status.conditions[?(@.type=="DeletionBlocked")].message\'',
      ),
      sh('What was told of it lately?', 'kubectl get events -A --field-selector reason=DeletionBlocked'),
    ],
    causes: [
      cause(
        'The bucket holds something',
        'reason BucketNotEmpty',
        'Empty it, or set `forceDelete`, or `deletionPolicy: Retain`.',
      ),
      cause(
        'Objects under a lock',
        'reason ObjectsLocked',
        'Wait for the retention to end, or `deletionPolicy: Retain`.',
      ),
      cause('Other objects need it', 'reason DependentsExist', 'Delete those that the message names first.'),
      cause(
        'Keys or attachments of somebody else',
        'reason ForeignKey or ForeignAttachment',
        'Take away what the message names, or `deletionPolicy: Retain`.',
      ),
      cause(
        'Nothing proves that it is ours',
        'reason OwnershipUnproven',
        '`deletionPolicy: Retain`, or adoption as the message says.',
      ),
      cause(
        'The account cannot be reached',
        'the condition Synced has a reason such as ProviderNotReady or AuthFailed',
        '[WasabiProviderNotReady](WasabiProviderNotReady.md).',
      ),
      cause(
        'The operator only observes',
        'reason ObserveOnly',
        'Deletion goes on when it runs without `--observe-only`.',
      ),
    ],
    escalation:
      'A namespace has to go now: let go of the object and leave the storage as it is, by the annotation `s3.cloud37.dev/abandon`, whose value is the `metadata.uid` of the object. Its owner has to agree, since somebody has to look after the bucket from then on.',
    silence: 'Buckets that take days to be emptied (the reason is Emptying): leave it out while that lasts.',
  },
  WasabiDriftFight: {
    affected: 'The setting that the alert names: it changes to and fro, and holds only in part of the time.',
    unaffected: 'Data, keys, and every other setting of the same bucket.',
    looks: [
      sh('Which objects?', 'kubectl get events -A --field-selector reason=DriftRepaired --sort-by=.lastTimestamp'),
      promql(
        'Which changes, and how many in an hour?',
        'sum by (kind, change) (increase(wasabi_s3_operator_drift_detected_total[1h])) > 0',
      ),
      sh(
        'Do two objects mean the same bucket?',
        "kubectl get buckets.s3.cloud37.dev -A -o custom-columns='NS:.metadata.namespace,NAME:.metadata.name,BUCKET:.spec.name,PROVIDER:.spec.providerRef.name'",
      ),
    ],
    causes: [
      cause(
        'Another tool writes the same setting',
        'the change comes at regular times, such as those of a Terraform run',
        'Settle who owns it: leave the field out of the spec, and it is not managed; or take it out of the other tool.',
      ),
      cause(
        'Another cluster manages the bucket too',
        'the bucket has an ownership tag of another cluster, or two clusters run with one `--cluster-id`',
        'Delete the object in one of them, with `deletionPolicy: Retain`.',
      ),
      cause(
        'A person works in the console',
        'the change comes in working hours',
        'Ask; `spec.mode: Observe` holds the operator off meanwhile.',
      ),
      cause(
        'The service does not keep what was written',
        'it comes right after each repair, with nobody else at work',
        'A defect of ours or of theirs: report it with the name of the change.',
      ),
    ],
    escalation:
      'Nobody in the house writes it: look at the access log of the account for the calls; it may be a stolen key.',
    silence:
      'Where a fight is agreed on, take the field out of the spec instead: a silenced fight costs calls for ever.',
  },
};

/** Runbooks of alerts about the work as a whole. */
export const OF_WORK: Readonly<Record<string, Runbook>> = {
  WasabiQueueNotDraining: {
    affected: 'Objects of this kind: creations, changes and repairs take effect late.',
    unaffected: 'What was delivered. Edits of people go ahead of repairs, so repairs are late first.',
    looks: [
      promql('How many wait, of which kind?', 'sum by (kind) (wasabi_s3_operator_workqueue_depth) > 0'),
      promql(
        'Does the service take long to answer?',
        'histogram_quantile(0.9, sum by (service, le) (rate(wasabi_s3_operator_api_call_duration_seconds_bucket[15m])))',
      ),
      promql(
        'Do calls wait for our own limit?',
        'sum by (source) (rate(wasabi_s3_operator_rate_limit_hits_total[15m]))',
      ),
      sh(
        'Which Providers have a limit of their own?',
        "kubectl get providers -A -o custom-columns='NS:.metadata.namespace,NAME:.metadata.name,LIMIT:.spec.rateLimit.requestsPerSecond'",
      ),
    ],
    causes: [
      cause('The service asks to slow down', '[WasabiThrottled](WasabiThrottled.md) fires too', 'That one first.'),
      cause('The service is slow', 'answers take seconds', "Wait; Wasabi's status page."),
      cause(
        'The limit is too low for so many objects',
        'calls are held back (`source="waited"`), and none is throttled',
        'Raise `spec.rateLimit.requestsPerSecond` of the Provider, or `operator.wasabiRateLimitPerSecond`.',
      ),
      cause(
        'Too few passes at a time',
        'no call waits, and passes are slow',
        'Raise `operator.maxConcurrentReconciles`.',
      ),
      cause('The pod has too little CPU', 'its use is at its limit', 'Raise `resources.limits.cpu`, or take it away.'),
    ],
    escalation:
      'The queue grows from day to day: more is made and changed than the limit lets through. Drift checks are not it: those beyond a fifth of the limit wait in `wasabi_s3_operator_drift_checks_waiting`.',
    silence: 'During a migration of thousands of objects.',
  },
  WasabiQueueSlow: {
    affected: 'Every change of an object of this kind: it begins that late.',
    unaffected: 'What was delivered.',
    looks: [
      promql(
        'How long do objects wait for their pass, by kind?',
        'histogram_quantile(0.9, sum by (kind, le) (rate(wasabi_s3_operator_workqueue_wait_duration_seconds_bucket[15m])))',
      ),
      promql('How many wait now?', 'sum by (kind) (wasabi_s3_operator_workqueue_depth)'),
      promql('How many passes are under way?', 'sum by (kind) (wasabi_s3_operator_active_reconciles)'),
      promql(
        'How long does a pass take?',
        'histogram_quantile(0.9, sum by (kind, le) (rate(wasabi_s3_operator_reconcile_duration_seconds_bucket[15m])))',
      ),
    ],
    causes: [
      cause(
        'The queue does not drain at all',
        '[WasabiQueueNotDraining](WasabiQueueNotDraining.md) fires too',
        'That one first.',
      ),
      cause(
        'One Provider takes all the time',
        'passes under way are a quarter of `operator.maxConcurrentReconciles`, the most that one Provider gets',
        'Raise its limit, or `operator.maxConcurrentReconciles`.',
      ),
      cause('It has just become the leader', 'the alert began with a restart', 'Wait: each object is looked at once.'),
    ],
    escalation: 'As for WasabiQueueNotDraining.',
    silence: 'During a migration of thousands of objects.',
  },
  WasabiOperatorDefect: {
    affected: 'The objects whose pass ended so: they may be late, and are tried again.',
    unaffected: 'All other objects; nothing was destroyed by it.',
    looks: [
      promql('Of which kind?', 'sum by (kind) (increase(wasabi_s3_operator_error_total{type="Internal"}[30m])) > 0'),
      sh(
        'Which objects?',
        'kubectl get wasabi -A -o custom-columns=\'KIND:.kind,NS:.metadata.namespace,NAME:.metadata.name,SYNCED:.status.conditions[?(@.type=="Synced")].reason,MESSAGE:.status.conditions[?(@.type=="Synced")].message\'',
      ),
      LOG,
    ],
    causes: [
      cause(
        'A defect of the operator',
        'the log has a line at level error with a stack',
        'Report it with that line. The next release may have it mended.',
      ),
      cause(
        'Something between the operator and the API server refuses what is valid',
        'the message ends in a status such as 422 and the name of a webhook or policy',
        'Except the ServiceAccount of the operator in that webhook or policy.',
      ),
      cause(
        'A pass that does not end',
        'the message is `the pass ignores its deadline`',
        'Restart the pod, and report it.',
      ),
    ],
    escalation: 'It lasts for an hour, or concerns more than one object: to the maintainers, with the line of the log.',
    silence: 'Never for good.',
  },
};
