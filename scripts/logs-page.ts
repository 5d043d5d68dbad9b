import { LOG_FIELDS } from '../src/telemetry/log-fields.ts';
import { SERVICE_RIGHTS } from '../src/wasabi/service-rights.ts';
import { logCalls } from './log-calls.ts';

interface MessageDoc {
  readonly means: string;
  readonly next: string;
}

const NOTHING = 'Nothing.';
const READ_REASON = 'Look up the reason in [conditions](../reference/conditions.md): it says what to do.';

/** What each message tells, and what to do about it. The page is refused where this and the source differ. */
const MESSAGES: Readonly<Record<string, MessageDoc>> = {
  reconciled: { means: 'A pass ended as it should; at info: it changed something.', next: NOTHING },
  'reconciled, and waits for other objects': {
    means: 'The object itself is as it should be; what it set in motion in others is not.',
    next: 'Look at the objects that its condition Synced names.',
  },
  'not reconciled': {
    means:
      'A pass failed, or may not go on. warn: this is new; info: it waits for another object, or changed something all the same; debug: it was told before; error: a defect of the operator, with its stack.',
    next: READ_REASON,
  },
  'in sync again': {
    means:
      'What the object failed with, or waited for, is over, and nothing had to be changed. reason says what it was.',
    next: NOTHING,
  },
  'deletion goes on': {
    means:
      'A deletion takes more than one pass, such as one that empties a bucket. debug: it was told before; status.emptying of a Bucket has the count.',
    next: NOTHING,
  },
  'let go': {
    means: 'The object is gone. reason says what became of the external resource, and resource which one it was.',
    next: NOTHING,
  },
  'a pass failed': {
    means:
      'A pass ended without a status, or does not end: the API server did not take the status, or it is a defect. changes: what it did all the same.',
    next: 'Read error. It is tried again; if it lasts, look at the API server. A pass that does not end makes /healthz fail.',
  },
  audit: {
    means: 'A call that destroys something, or gives or takes rights: see below.',
    next: 'Nothing, if it was meant.',
  },
  'a listener failed': {
    means: 'A defect of the operator: an event of a watch was not passed on.',
    next: 'Report it with the stack.',
  },
  'a watch failed and is tried again': {
    means: 'A list or watch of that kind failed.',
    next: 'Once: nothing. If it lasts: error has what the API server says; with NotServed, install the definitions.',
  },
  'the Lease cannot be reached': {
    means: 'The API server does not answer about the Lease, or refuses.',
    next: 'Look at the API server and at the rights on Leases. The leader ends itself when its time is over.',
  },
  'another process holds the Lease: standing by to take over': { means: 'This replica waits.', next: NOTHING },
  'leadership changed': { means: 'This replica works from now on, or no more.', next: NOTHING },
  'leadership is lost: this process ends, and another one goes on': {
    means: 'It could not renew the Lease in time.',
    next: 'Once: nothing. If it comes again: look at the API server, and at the CPU that the pod gets.',
  },
  'the cluster cannot be read yet': {
    means: 'The operator cannot learn which cluster this is, and does nothing before.',
    next: 'Do what problems says: mostly a right, or --cluster-id.',
  },
  starting: { means: 'The process serves probes and metrics, with the settings in the line.', next: NOTHING },
  started: { means: 'It knows its cluster, and watches.', next: NOTHING },
  stopping: { means: 'A signal asks it to end.', next: NOTHING },
  stopped: { means: 'It has given back the Lease and ended every connection.', next: NOTHING },
  'could not start': { means: 'The process ends with 1.', next: 'Read error.' },
  'a defect ends this process': {
    means: 'Something failed that nobody expected. The process ends with 1, and the next one takes up the work.',
    next: 'Report it with error.stack, please: it is a defect of the operator.',
  },
  'settings without effect': { means: 'Settings of the predecessor that mean nothing here.', next: 'Take them out.' },
  'settings that cannot be used are left out': {
    means: 'Variables of OpenTelemetry that this process cannot use.',
    next: 'Correct those that problems names, where they are meant for the operator.',
  },
  'the log level can be changed on loopback': { means: 'See below.', next: NOTHING },
  'the log level cannot be changed': {
    means: 'The port on loopback is taken: all else works.',
    next: 'Choose another --admin-port.',
  },
  'the log level is changed': { means: 'Somebody has told the running process another level.', next: NOTHING },
  'traces are sent': { means: 'Traces are on.', next: NOTHING },
  'no traces are sent': { means: 'Traces are on, and nothing can be sent.', next: 'Do what problems says.' },
  'traces could not be sent, and are lost': {
    means: 'The collector is away. Told once a minute.',
    next: 'Look at the collector.',
  },
};

/** The page of the log: `docs/operations/logs.md`. @throws Error where a message has no sentence, or a sentence no message */
export function logsPage(): string {
  const calls = logCalls();
  const undocumented = calls.filter(({ message }) => MESSAGES[message] === undefined).map(({ message }) => message);
  const unlogged = Object.keys(MESSAGES).filter((message) => !calls.some((call) => call.message === message));
  if (undocumented.length + unlogged.length > 0) {
    throw new Error(
      `scripts/logs-page.ts: without a sentence: ${undocumented.join('; ')}; never logged: ${unlogged.join('; ')}`,
    );
  }
  const messages = calls.map(({ message, levels }) => {
    const { means = '', next = '' } = MESSAGES[message] ?? {};
    return `| \`${message}\` | ${levels.join(', ')} | ${means} | ${next} |`;
  });
  const fields = Object.entries(LOG_FIELDS).map(
    ([name, [type, means]]) => `| \`${name}\` | ${TYPES[type]} | ${means} |`,
  );
  const audited = SERVICE_RIGHTS.filter(({ isAudited }) => isAudited).flatMap(({ operations }) => operations);
  return PAGE.replace('MESSAGES', messages.join('\n'))
    .replace('FIELDS', fields.join('\n'))
    .replace('AUDITED', [...new Set(audited)].map((operation) => `\`${operation}\``).join(', '));
}

const TYPES = { text: 'text', texts: 'list of texts', number: 'number', flag: 'true, false', error: 'object' } as const;

const PAGE = `<!-- Generated by "npm run generate"; edits are lost. -->

# The log

One JSON object a line on standard output, or with \`--log-format=text\` a line for people. Besides \`time\` (UTC), \`level\` and
\`message\`, which is a constant text that can be searched for, a line has facts in the [fields](#fields) below and no others. No
field can hold a key, and errors of the service are reduced to its code and its id of the call.

At \`info\` there is one line for each pass that changed something, failed in a new way or ended a failure, and none for a pass
that found everything as it should be. The same failure again is at \`debug\`. Where the service asks to slow down, the Provider has
a line at \`warn\`, and its objects at \`debug\`. Single calls are no lines at any level, but for [audit lines](#audit-lines):
[traces](traces.md) have each of them.

Warnings, errors and audit lines are written at once, and all that came before them; other lines wait for company for up to 0.2 s,
since a write costs more CPU than a line. A crash writes them, too; a process that is killed takes them with it.

## To follow one object

\`\`\`sh untested="needs a cluster with an operator at work; test/logs.test.ts reads the same fields"
kubectl -n wasabi-system logs -l app.kubernetes.io/name=wasabi-s3-operator --tail=-1 |
  jq -c 'select(.kind == "Bucket" and .namespace == "team-a" and .name == "logs")'
\`\`\`

All lines of one pass, audit lines and warnings below it included: \`select(.reconcileId == "…")\`. Where [traces](traces.md) are on and the pass is sampled, \`trace_id\` and
\`span_id\` lead to its spans; the names are those of OpenTelemetry for logs, so that collectors and Grafana link them. In Loki:

\`\`\`text
{namespace="wasabi-system", container="operator"} | json | kind="Bucket" | namespace_extracted="team-a" | name="logs"
{namespace="wasabi-system", container="operator"} | json | message="audit" | bucket="logs"
\`\`\`

## Messages

| Message | Level | Means | What to do |
| --- | --- | --- | --- |
MESSAGES

## Audit lines

Each call that destroys data, makes or ends an identity or a key, or changes who may do what has a line \`audit\` of its own:
AUDITED.

There is one line for each attempt that went out, refused ones and those that nobody answered (\`result\` is \`Unknown\`) included:
as many as the service saw. It names the object with its \`uid\`, the \`reason\` (the change, such as \`Rotate:Revoke:Retired\`, \`FreezeKey\` or
\`Replace:SecretLost\`, or \`deletionPolicy Delete\`), what was called about, the id of the request and what was answered. An operation that is new to the
operator is audited until somebody decides otherwise (\`src/wasabi/service-rights.ts\`).

- They are printed **whatever the level is**: \`LOG_LEVEL=error\` hides none.
- The id of an access key stands in full, as in status and in the service's own log, so that an incident can be followed; its secret nowhere.
- Names of objects in buckets are left out: they may be private. \`count\` says how many.
- What is changed in the cluster (Secrets, finalizers) is in the audit log of the API server, under the operator's service account.
- Which settings of a bucket were changed is told by \`reconciled\`, in \`changes\`.

## The level of a running operator

Without a new start, which might end what you look for:

\`\`\`sh untested="needs a cluster; test/admin.test.ts does the same to a process"
kubectl -n wasabi-system exec POD -- /nodejs/bin/node /app/main.mjs log-level debug
kubectl -n wasabi-system exec POD -- /nodejs/bin/node /app/main.mjs log-level
\`\`\`

Of one that runs in a terminal: \`node src/cli/main.mjs log-level debug\`. POD is the one that works: \`kubectl -n wasabi-system get lease wasabi-s3-operator -o jsonpath='{.spec.holderIdentity}'\` begins with its name.
The change is logged, and ends with the process. The image has no shell; the command is a second Node beside the operator for a
moment, within the memory of the container. It speaks to \`--admin-port\` (8081) on 127.0.0.1, which no other pod reaches: [who
does](profiling.md#who-reaches-it).

## Fields

| Field | Type | Means |
| --- | --- | --- |
FIELDS
`;
