/**
 * Every field that a log line can have, and what stands in it. A name that is not here is not printed: what is logged
 * is decided in this table, not where a line is written. A credential has no place in any of them.
 */
const LOG_FIELDS = {
  // The pass that the line is of.
  reconcileId: 'text',
  // By the names that the specification of OpenTelemetry gives them in logs.
  trace_id: 'text',
  span_id: 'text',
  // Whom the line is about.
  kind: 'text',
  namespace: 'text',
  name: 'text',
  uid: 'text',
  generation: 'number',
  // How a pass ended.
  outcome: 'text',
  reason: 'text',
  changes: 'texts',
  durationMs: 'number',
  error: 'error',
  attempt: 'number',
  retryAfterMs: 'number',
  // Calls.
  service: 'text',
  operation: 'text',
  verb: 'text',
  resource: 'text',
  status: 'number',
  code: 'text',
  endpoint: 'text',
  provider: 'text',
  account: 'text',
  requestId: 'text',
  result: 'text',
  bucket: 'text',
  user: 'text',
  group: 'text',
  policy: 'text',
  versionId: 'text',
  accessKeyId: 'text',
  state: 'text',
  isForced: 'flag',
  keptCount: 'number',
  // The process itself.
  version: 'text',
  nodeVersion: 'text',
  server: 'text',
  host: 'text',
  port: 'number',
  adminPort: 'number',
  isProfiling: 'flag',
  identity: 'text',
  holder: 'text',
  epoch: 'number',
  clusterId: 'text',
  namespaces: 'texts',
  endpoints: 'texts',
  kinds: 'texts',
  settings: 'texts',
  problems: 'texts',
  logLevel: 'text',
  signal: 'text',
  exitCode: 'number',
  count: 'number',
  waitedMs: 'number',
  isLeader: 'flag',
  isObserveOnly: 'flag',
} as const satisfies Record<string, keyof FieldTypes>;

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
export type LogFields = { readonly [N in FieldName]?: FieldTypes[(typeof LOG_FIELDS)[N]] | undefined };

/** Whether a field of that name is printed. */
export function isLogField(name: string): name is FieldName {
  return Object.hasOwn(LOG_FIELDS, name);
}
