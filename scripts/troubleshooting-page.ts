import type { ReasonDoc } from '../src/api/reason-doc.ts';
import { REASON_GROUPS, type Reason } from '../src/api/reasons.ts';

/** What somebody sees who comes with a question, and the reasons that may be behind it. */
interface Symptom {
  readonly title: string;
  /** What to know before one looks at reasons. */
  readonly about: string;
  /** Shows the reasons. */
  readonly command: string;
  readonly reasons: readonly Reason[];
}

const MESSAGES = (kinds: string, condition: string): string =>
  `kubectl get ${kinds} -A -o custom-columns='KIND:.kind,NS:.metadata.namespace,NAME:.metadata.name,REASON:.status.conditions[?(@.type=="${condition}")].reason,MESSAGE:.status.conditions[?(@.type=="${condition}")].message'`;

/** Every symptom. Each reason that a condition can have stands below one of them at least: the page is not made otherwise. */
const SYMPTOMS: readonly Symptom[] = [
  {
    title: 'A bucket, user or policy is not Ready, and Stalled is True',
    about:
      'The spec asks for what cannot be. The operator waits for an edit, and does not try on. The message names the field.',
    command: MESSAGES('wasabi', 'Stalled'),
    reasons: [
      'InvalidSpec',
      'Rejected',
      'PolicyInvalid',
      'PolicyConflict',
      'PublicAccessBlocked',
      'LocksOutOperator',
      'InvalidRegion',
      'WrongRegion',
      'ObjectLockImmutable',
      'AlreadyExists',
      'NothingToAdopt',
      'ClaimedByOther',
      'NotPermitted',
      'ChildNotOurs',
      'AccountMismatch',
    ],
  },
  {
    title: 'It is not Ready, and waits for something else',
    about:
      'What it refers to is not there, is not Ready, or does not let it. Of a chain only the first one needs mending: follow the messages.',
    command: MESSAGES('wasabi', 'Synced'),
    reasons: [
      'DependencyNotReady',
      'ProviderNotFound',
      'ProviderNotReady',
      'BucketNotFound',
      'BucketNotReady',
      'UserNotFound',
      'UserNotReady',
      'IAMPolicyNotFound',
      'IAMPolicyNotReady',
      'ChildNotReady',
      'RefNotPermitted',
      'AccessDenied',
      'QuotaExceeded',
      'NotFound',
    ],
  },
  {
    title: 'A Provider is not Ready',
    about:
      'Nobody calls its account meanwhile; what was delivered works on. AuthValid, EndpointReachable and IAMReachable say which part fails.',
    command: 'kubectl describe providers -A',
    reasons: [
      'AuthFailed',
      'AuthenticationLockout',
      'SecretNotFound',
      'SecretKeyMissing',
      'SecretInvalid',
      'AccountProblem',
      'AccountChanged',
      'EndpointNotAllowed',
      'InsecureNotAllowed',
      'TLSVerificationFailed',
      'ClockSkew',
    ],
  },
  {
    title: 'It hangs in deletion',
    about:
      'The condition DeletionBlocked says for what it waits; without one, Synced does. A finalizer is never to be removed by hand: the annotation `s3.cloud37.dev/abandon` lets go of the object and leaves the storage as it is.',
    command: MESSAGES('wasabi', 'DeletionBlocked'),
    reasons: [
      'DependentsExist',
      'ForeignKey',
      'ForeignAttachment',
      'ChildrenDeleting',
      'OwnershipUnproven',
      'ObserveOnly',
      'DefinitionUnknown',
      'BucketNotEmpty',
      'ObjectsLocked',
      'Emptying',
      'Deleting',
      'Retained',
      'Abandoned',
      'NamespaceTerminating',
    ],
  },
  {
    title: 'A key does not come, does not work, or is not replaced',
    about:
      'An application that is refused while the AccessKey is Ready mostly reads an old copy of the Secret: environment variables are read once, at the start of a pod.',
    command: 'kubectl describe accesskeys -A',
    reasons: [
      'KeyNotUsable',
      'KeyInactive',
      'Frozen',
      'FreezeIgnored',
      'SecretNotOurs',
      'ForeignKey',
      'RotationFailed',
      'MintUnderWay',
      'RestartTargetMissing',
    ],
  },
  {
    title: 'It is Ready, and not as the spec says',
    about: 'Ready tells that it is usable as last read. Synced tells whether the last pass brought it to the spec.',
    command: MESSAGES('wasabi', 'Synced'),
    reasons: ['NotSynced', 'Observed', 'Suspended', 'Unsupported', 'LeftByPredecessor', 'NotYetInEffect', 'Conflict'],
  },
  {
    title: 'It was fine, and fails now and then',
    about: 'These heal by themselves: the operator tries again, less and less often. Alerts tell when they last.',
    command: MESSAGES('wasabi', 'Reconciling'),
    reasons: [
      'Throttled',
      'Transient',
      'StaleRead',
      'ServiceFailed',
      'Timeout',
      'ConnectionFailed',
      'ConnectionLost',
      'DNSLookupFailed',
      'UnexpectedAnswer',
      'UnreadableAnswer',
      'NotLeader',
      'Cancelled',
    ],
  },
  {
    title: 'The operator itself is in trouble',
    about:
      'It lacks a right, a definition, or has a defect. Its log has more: `kubectl -n wasabi-system logs deploy/wasabi-s3-operator`.',
    command: MESSAGES('wasabi', 'Synced'),
    reasons: ['Forbidden', 'NotServed', 'Internal'],
  },
  {
    title: 'Nothing is wrong',
    about: 'So it looks when all is well.',
    command: 'kubectl get wasabi -A',
    reasons: ['Available', 'InSync', 'Authenticated', 'Reachable'],
  },
];

/** `docs/operations/troubleshooting.md`: from what somebody sees to what to do. @throws Error for a reason below no symptom */
export function troubleshootingPage(): string {
  const missing = REASON_GROUPS.flatMap(({ reasons }) => Object.keys(reasons)).filter(
    (reason) => !SYMPTOMS.some(({ reasons }) => (reasons as readonly string[]).includes(reason)),
  );
  if (missing.length > 0) throw new Error(`below no symptom: ${missing.join(', ')}`);
  return [
    '<!-- Generated by "npm run generate"; edits are lost. -->',
    '',
    '# Troubleshooting',
    '',
    'Begin with what you see, run the command, look the reason up. Every reason that a condition can have is below; the',
    '[reference](../reference/conditions.md) lists them by who must act. What Wasabi answers, and which reason comes of it:',
    '[errors of the service](../reference/errors.md). An alert came? Its [runbook](alerts.md) is shorter.',
    '',
    ...SYMPTOMS.map(({ title }) => `- [${title}](#${anchorOf(title)})`),
    '',
    ...SYMPTOMS.flatMap(section),
  ].join('\n');
}

function section({ title, about, command, reasons }: Symptom): readonly string[] {
  return [
    `## ${title}`,
    '',
    about,
    '',
    '```sh untested="test/cluster/alerts.test.ts types each"',
    command,
    '```',
    '',
    '| Reason | Who acts | Means | What to do next |',
    '| --- | --- | --- | --- |',
    ...reasons.flatMap((reason) => docsOf(reason).map((row) => `| \`${reason}\` | ${row} |`)),
    '',
  ];
}

/** Whoever must act, by the title of the group. */
const ACTORS: Readonly<Record<(typeof REASON_GROUPS)[number]['title'], string>> = {
  'As it should be, or as asked for': 'nobody',
  "The object's author must act": 'its author',
  'Someone elsewhere must act': 'someone elsewhere',
  'Deletion waits': 'whoever deletes it',
  'Time heals, or the service lacks it': 'nobody, at first',
};

/** One reason may stand in two groups: a key of somebody else means one thing in life and another one in deletion. */
function docsOf(reason: Reason): readonly string[] {
  return REASON_GROUPS.flatMap(({ title, reasons }) => {
    const { means, next } = (reasons as Readonly<Partial<Record<Reason, ReasonDoc>>>)[reason] ?? {};
    return means === undefined ? [] : [`${ACTORS[title]} | ${means} | ${next}`];
  });
}

/** As GitHub makes anchors. */
function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
}

/** What the page tells readers to type. */
export const TROUBLESHOOTING_COMMANDS: readonly string[] = [...new Set(SYMPTOMS.map(({ command }) => command))];
