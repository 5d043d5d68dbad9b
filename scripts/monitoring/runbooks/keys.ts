import { cause, promql, type Runbook, sh, warnings } from './runbook.ts';

const KEYS_BY_DUE = sh(
  'Which are due first?',
  "kubectl get accesskeys -A --sort-by=.status.nextRotateTime -o custom-columns='NS:.metadata.namespace,NAME:.metadata.name,DUE:.status.nextRotateTime,MADE:.status.lastRotateTime'",
);
const FOREIGN_KEYS = sh(
  'Which keys does no AccessKey account for?',
  "kubectl get accesskeys -A -o custom-columns='NS:.metadata.namespace,NAME:.metadata.name,USER:.spec.userRef.name,FOREIGN:.status.foreignKeys'",
);

/** Runbooks of alerts about access keys. */
export const OF_KEYS: Readonly<Record<string, Runbook>> = {
  WasabiCredentialsRefused: {
    affected: 'Everything of these Providers, as with WasabiProviderNotReady, of which this is the commonest cause.',
    unaffected: 'Buckets and keys that were delivered work on: they do not depend on the key of the operator.',
    looks: [
      sh(
        'Which Providers, and what does the service say?',
        'kubectl get providers -A -o custom-columns=\'NS:.metadata.namespace,NAME:.metadata.name,AUTH:.status.conditions[?(@.type=="AuthValid")].reason,MESSAGE:.status.conditions[?(@.type=="AuthValid")].message\'',
      ),
      sh(
        'Which Secrets hold the key?',
        "kubectl get providers -A -o custom-columns='NS:.metadata.namespace,NAME:.metadata.name,ID:.spec.auth.accessKeySecretRef.name,KEY:.spec.auth.secretKeySecretRef.name'",
      ),
      warnings('Provider'),
    ],
    causes: [
      cause(
        'The key was revoked or made inactive',
        'reason AuthFailed, and nobody touched the Secret; the console of Wasabi does not list the key as active',
        "Make a new key of the operator's user in the console, and put it into the Secret: it is tried at once.",
      ),
      cause(
        'A wrong pair was put into the Secret',
        'reason AuthFailed since an edit of the Secret',
        'Put both halves of one key in; no line feed at their ends.',
      ),
      cause(
        'The clock of the node is wrong',
        'reason ClockSkew in the condition Synced',
        'Mend the time service of the node.',
      ),
      cause(
        'Somebody tries wrong keys',
        'reason AuthenticationLockout',
        'Find them, stop them, wait. The operator itself asks less and less often.',
      ),
    ],
    escalation:
      'The key is right and refused: ask the support of Wasabi. A key that vanished unasked may have been taken: [when a key leaks](../../guides/leaked-key.md).',
    silence: 'Not together with WasabiProviderNotReady, which comes a quarter of an hour later.',
  },
  WasabiRotationOverdue: {
    affected: 'The age of this key: it lives longer than its interval.',
    unaffected: 'Whoever uses it: it works on.',
    looks: [
      KEYS_BY_DUE,
      sh(
        'What holds each up?',
        'kubectl get accesskeys -A -o custom-columns=\'NS:.metadata.namespace,NAME:.metadata.name,REASON:.status.conditions[?(@.type=="Synced")].reason,MESSAGE:.status.conditions[?(@.type=="Synced")].message\'',
      ),
      FOREIGN_KEYS,
      warnings('AccessKey'),
    ],
    causes: [
      cause(
        'A key of somebody else takes the second place of the user',
        'reason ForeignKey',
        'A user has two keys at most. Delete the one that nobody uses, or name its id in the annotation `s3.cloud37.dev/revoke-keys`.',
      ),
      cause(
        'New keys never come to work',
        'reason RotationFailed or KeyNotUsable',
        'The message says what the service answers; it is tried again within the hour.',
      ),
      cause(
        'The Provider is not Ready',
        'reason ProviderNotReady',
        '[WasabiProviderNotReady](WasabiProviderNotReady.md).',
      ),
      cause(
        'The Secret is not ours',
        'reason SecretNotOurs',
        'Another name in `spec.secret.name`, or delete that Secret.',
      ),
      cause(
        'Its window was not open yet',
        '`spec.rotate.window` opens seldom',
        'Wait for it, or ask by the annotation `s3.cloud37.dev/rotate-requested-at`, which does not wait.',
      ),
    ],
    escalation: 'The key has to go now because somebody has it: [when a key leaks](../../guides/leaked-key.md).',
    silence:
      'Where windows open less often than once in an hour after the due time, it fires by design: leave it out, and watch WasabiKeyOld.',
  },
  WasabiForeignKey: {
    affected:
      'The security of this user: a key exists that no AccessKey delivers, rotates or revokes. It also takes a place that the rotation needs.',
    unaffected: 'Whoever uses the keys that are delivered. A foreign key is left alone.',
    looks: [FOREIGN_KEYS, warnings('AccessKey'), promql('How many?', 'max(wasabi_s3_operator_foreign_access_keys)')],
    causes: [
      cause(
        'Somebody made it in the console',
        'the account of Wasabi lists it with a last use',
        'Ask its user to change to the Secret; then delete it.',
      ),
      cause(
        'The predecessor or a deleted AccessKey left it',
        'it is older than the object',
        'Name its id in the annotation `s3.cloud37.dev/claim-keys` to account it to the AccessKey, or in `s3.cloud37.dev/revoke-keys`.',
      ),
      cause(
        'Somebody else has rights to make keys',
        'nobody knows of it',
        'Treat it as leaked: [when a key leaks](../../guides/leaked-key.md).',
      ),
    ],
    escalation: 'Nobody knows it and it is in use: to whoever is responsible for security, at once.',
    silence:
      'Where keys beside those of the operator are wanted for good: `prometheusRule.disabled`; the condition ForeignKey still names them.',
  },
  WasabiKeyOld: {
    affected: 'The security of this user: whoever got hold of the key in all that time has it still.',
    unaffected: 'Whoever uses it: it works on.',
    looks: [
      sh(
        'Which are the oldest?',
        "kubectl get accesskeys -A --sort-by=.status.lastRotateTime -o custom-columns='NS:.metadata.namespace,NAME:.metadata.name,MADE:.status.lastRotateTime,ROTATES:.spec.rotate.enabled'",
      ),
      promql(
        'How old is the oldest, in days?',
        '(time() - min(wasabi_s3_operator_access_key_oldest_timestamp_seconds)) / 86400',
      ),
    ],
    causes: [
      cause(
        'Its rotation is off',
        '`ROTATES` is not true',
        'Switch it on: `spec.rotate`, or `spec.autoManage.rotation` of a Bucket.',
      ),
      cause(
        'Its rotation is held up',
        '[WasabiRotationOverdue](WasabiRotationOverdue.md) fires too',
        'That one first.',
      ),
      cause(
        'A program reads the key once',
        'nobody dares to rotate it',
        '`spec.restart` restarts it with the new key, and the previous key lives on for `previousKeysRetentionDays`.',
      ),
    ],
    escalation: 'None: it is no emergency. Once, by hand: the annotation `s3.cloud37.dev/rotate-requested-at`.',
    silence: 'Where keys are meant to live for longer than a year.',
  },
};
