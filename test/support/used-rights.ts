import { KUBE_RIGHTS } from '../../src/kube-rights.ts';
import type { AuditEvent } from './control-plane-audit.ts';

/** What an audit log says of the rights of one user. */
export interface RightsReport {
  /** Calls that the authorizer refused, each once. */
  readonly refused: readonly string[];
  /** Declared rights that no call has used, a verb of a kind each. */
  readonly unused: readonly string[];
}

/** Compares what that user called with what the operator declares. Keeps of the events only what it tells. */
export async function rightsReport(
  events: AsyncIterable<AuditEvent> | Iterable<AuditEvent>,
  username: string,
): Promise<RightsReport> {
  const spans = new Map<string | undefined, Span>();
  const forbidden: AuditEvent[] = [];
  const used = new Set<string>();
  for await (const event of events) {
    noteSpan(spans, event);
    if (event.user.username !== username || event.objectRef === undefined) continue;
    used.add(textOf(event));
    // An apply that makes its object is authorized as create too, and told as patch.
    if (event.verb === 'patch' && event.responseStatus?.code === 201) used.add(textOf({ ...event, verb: 'create' }));
    if (event.annotations?.['authorization.k8s.io/decision'] === 'forbid') forbidden.push(event);
  }
  const refused = forbidden.filter((event) => hasRoles(event, spans));
  const declared = KUBE_RIGHTS.flatMap(({ types, subresource, verbs }) =>
    types.flatMap(({ group, plural }) =>
      verbs.map((verb) => `${verb} ${[plural, subresource].filter(Boolean).join('/')}.${group}`),
    ),
  );
  return {
    refused: [...new Set(refused.map((event) => `${textOf(event)} in ${event.objectRef?.namespace ?? 'the cluster'}`))],
    unused: [...new Set(declared)].filter((right) => !used.has(right)),
  };
}

function textOf({ verb, objectRef }: AuditEvent): string {
  const resource = [objectRef?.resource, objectRef?.subresource].filter(Boolean).join('/');
  return `${verb} ${resource}.${objectRef?.apiGroup ?? ''}`;
}

/** From when until when a namespace had the roles of the operator, as times of the log. */
interface Span {
  from?: string;
  until?: string;
}

/** A role counts from its binding on, and goes with its namespace. */
function noteSpan(
  spans: Map<string | undefined, Span>,
  { verb, objectRef, requestReceivedTimestamp: at }: AuditEvent,
): void {
  const span = spans.get(objectRef?.namespace) ?? {};
  if (verb === 'create' && objectRef?.resource === 'rolebindings') span.from ??= at;
  else if (verb === 'delete' && objectRef?.resource === 'namespaces') span.until ??= at;
  else return;
  spans.set(objectRef.namespace, span);
}

/** In the namespaces of the suites; a binding is known to the authorizer within that time. */
const EFFECTIVE_MS = 5_000;

function hasRoles(
  { objectRef, requestReceivedTimestamp }: AuditEvent,
  spans: ReadonlyMap<string | undefined, Span>,
): boolean {
  if (objectRef?.namespace === undefined) return true;
  const { from, until } = spans.get(objectRef.namespace) ?? {};
  const at = Date.parse(requestReceivedTimestamp);
  return from !== undefined && at > Date.parse(from) + EFFECTIVE_MS && (until === undefined || at < Date.parse(until));
}
