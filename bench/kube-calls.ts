import { parseResourcePath } from '../src/devcluster/path.ts';
import type { AuditEvent } from '../test/support/control-plane-audit.ts';

/** One call to the Kubernetes API, as the server noted it. */
export interface KubeCall {
  readonly user: string;
  readonly verb: string;
  /** With the subresource: `buckets/status`. */
  readonly resource: string;
  readonly code: number;
}

/** How often each thing happened, by its name. */
export type Counts = Readonly<Record<string, number>>;

/** The part of the development control plane's log that is read here. */
export interface LoggedRequest {
  readonly verb: string;
  readonly path: string;
  readonly user: string;
  readonly code: number;
}

const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

/** The calls of an audit log. A watch is noted when it begins and when it ends: the first counts. Pure. */
export function callsOfAudit(events: readonly AuditEvent[]): readonly KubeCall[] {
  return events.flatMap(({ stage, verb, user, objectRef, responseStatus }): KubeCall[] => {
    if (stage !== (verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete') || objectRef === undefined) return [];
    const { resource, subresource } = objectRef;
    return [{ user: user.username, verb, resource: named(resource, subresource), code: responseStatus?.code ?? 0 }];
  });
}

/** The calls of the development control plane's log. Pure. */
export function callsOfRequests(requests: readonly LoggedRequest[]): readonly KubeCall[] {
  return requests.flatMap(({ verb, path, user, code }): KubeCall[] => {
    const found = parseResourcePath(path.split('?')[0] ?? '');
    return found === undefined ? [] : [{ user, verb, resource: named(found.plural, found.subresource), code }];
  });
}

/** Calls of one user by `VERB RESOURCE`, and with the code where the server refused. Leases are left out. Pure. */
export function countsOf(calls: readonly KubeCall[], user: string): Counts {
  return tally(
    calls
      .filter((call) => call.user === user && call.resource !== 'leases')
      .map(({ verb, resource, code }) => `${verb} ${resource}${code >= 400 ? ` ${code}` : ''}`),
  );
}

/** Calls of whomever that changed something, the Lease apart. Pure. */
export function writesOf(calls: readonly KubeCall[], user?: string): number {
  return calls.filter(
    (call) => (user === undefined || call.user === user) && !READS.has(call.verb) && call.resource !== 'leases',
  ).length;
}

/** How often each text occurs, the most frequent first. Pure. */
export function tally(texts: readonly string[]): Counts {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return Object.fromEntries([...counts].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}

/** The sum of all counts. Pure. */
export function totalOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function named(resource: string, subresource: string | undefined): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}
