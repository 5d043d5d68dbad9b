/**
 * Every field that a log line can have: what stands in it, and for people what that means. A name that is not here is not printed: what is logged
 * is decided in this table, not where a line is written. A credential has no place in any of them.
 */
export const LOG_FIELDS = {
  // The pass that the line is of.
  reconcileId: ['text', 'one pass over one object: all lines of it have the same, and no other pass has it'],
  // By the names that the specification of OpenTelemetry gives them in logs.
  trace_id: [
    'text',
    'the trace of the pass, 32 hexadecimal digits of W3C Trace Context; only with traces on, and where it is kept',
  ],
  span_id: ['text', 'the span of the pass in that trace, 16 hexadecimal digits'],
  // Whom the line is about.
  kind: ['text', 'the kind of the object that the line is about'],
  namespace: ['text', 'its namespace'],
  name: ['text', 'its name'],
  uid: ['text', 'its uid, which no other object ever has, also one of the same name'],
  generation: ['number', 'the generation of its spec that the pass read'],
  // How a pass ended.
  outcome: [
    'text',
    'how the pass ended, as in the metrics: InSync, OutOfSync, Failed, NotOurs, Observed, Suspended, Blocked, Deleting, Gone',
  ],
  reason: [
    'text',
    'why: of a pass the reason of its condition, of an audit line the change, or the policy of the deletion, that the call was made for',
  ],
  changes: ['texts', 'what was changed, by the names of the changes'],
  durationMs: ['number', 'how long the pass took, waiting for rate limits included'],
  error: [
    'error',
    'what failed: type (who must act), reason of the condition, message, requestId of the call; with a stack where the defect is ours',
  ],
  attempt: ['number', 'which try of the call it was, from 1'],
  // Calls.
  service: ['text', 's3, iam or sts'],
  operation: ['text', 'the call, by its name in the API'],
  resource: ['text', 'the external resource that the object stood for, with its identity where there is one'],
  status: ['number', 'the HTTP status of the answer; 0: there was none'],
  code: ['text', "the code of the service's error; empty: success"],
  provider: ['text', 'the Provider, as namespace/name'],
  account: ['text', 'the account at the service'],
  requestId: ['text', "the service's name of the call, which its support asks for"],
  result: ['text', 'Done, Refused, or Unknown: no answer tells whether it had an effect'],
  bucket: ['text', 'the bucket that was called'],
  user: ['text', 'the IAM user that was called about'],
  group: ['text', 'the group that was called about'],
  policy: ['text', 'the policy that was called about, by its name or its ARN'],
  versionId: ['text', 'the version of that policy'],
  accessKeyId: ['text', 'the id of the access key that was called about: no secret, status shows it, too'],
  state: ['text', 'what the key was made: Active or Inactive'],
  isForced: ['flag', 'the bucket went with all that was in it, in one call'],
  keptCount: ['number', 'those of them that the service kept'],
  // The process itself.
  version: ['text', 'the version of the operator'],
  server: ['text', 'where the API server is, or the collector of traces'],
  port: ['number', 'the port of probes and metrics'],
  adminPort: ['number', 'the port on loopback'],
  isProfiling: ['flag', 'whether profiles can be taken'],
  identity: ['text', 'how this process is named in the Lease'],
  holder: ['text', 'who holds the Lease'],
  clusterId: ['text', 'the name of the cluster in the marks on what it owns'],
  namespaces: ['texts', 'those that are watched; *: all'],
  endpoints: ['texts', 'where Providers may send calls to'],
  settings: ['texts', 'settings that have no effect'],
  problems: ['texts', 'what is wrong, in sentences'],
  logLevel: ['text', 'what is logged from now on'],
  signal: ['text', 'which signal ends the process'],
  count: ['number', 'how many: of an audit line the objects or uploads that were to go'],
  isLeader: ['flag', 'whether this process works, or stands by'],
  isObserveOnly: ['flag', 'whether the operator runs with --observe-only'],
} as const satisfies Record<string, readonly [type: keyof FieldTypes, means: string]>;

interface FieldTypes {
  readonly text: string;
  readonly texts: readonly string[];
  readonly number: number;
  readonly flag: boolean;
  /** Printed as type, reason and message, with the service's id of the call; with the stack when it is a defect of ours. */
  readonly error: Error;
}

type FieldName = keyof typeof LOG_FIELDS;

/** The facts of one log line. A field that is `undefined` is left out. */
export type LogFields = { readonly [N in FieldName]?: FieldTypes[(typeof LOG_FIELDS)[N][0]] | undefined };

/** Whether a field of that name is printed. */
export function isLogField(name: string): name is FieldName {
  return Object.hasOwn(LOG_FIELDS, name);
}
