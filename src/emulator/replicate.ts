import type { Call } from './call.ts';
import { holdOfWrite } from './compliance.ts';
import { isProtected } from './object-lock.ts';
import { type Bucket, type ObjectVersion, type State, touch } from './state.ts';
import { areVersionedAlike, type ReplicationRule, replicationRulesOf } from './subresources/replication.ts';
import { pushVersion } from './versions.ts';

/** A version that is to be copied to one bucket (W25). */
export interface Replication {
  readonly source: string;
  readonly destination: string;
  readonly key: string;
  readonly versionId: string;
  /** Tells one `null` version from the next. */
  readonly bodyId: string | undefined;
  readonly dueMs: number;
}

/**
 * Has a new version copied to where the rules of its bucket say: at once, or so much later on the service's clock
 * (`propagation.replicationMs`). Copies and replicas are not handed in: they are never copied on.
 */
export function replicate(call: Call, bucket: Bucket, key: string, version: ObjectVersion): void {
  const { state, nowMs, settings } = call;
  for (const rule of rulesFor(bucket, key, version)) {
    const target = state.buckets.get(rule.destination);
    const mayWrite = target !== undefined && mayReplicate(call, bucket, target, key, rule.role);
    if (version.replication !== 'FAILED') version.replication = mayWrite ? 'PENDING' : 'FAILED';
    if (!mayWrite) continue;
    const { versionId, bodyId } = version;
    const dueMs = nowMs + settings.propagation.replicationMs;
    const job = { source: bucket.name, destination: target.name, key, versionId, bodyId, dueMs };
    state.replications.push(job);
  }
  copyDue(state, nowMs);
}

/** The rules that copy that version: one a destination, the one of the highest priority. */
function rulesFor(bucket: Bucket, key: string, version: ObjectVersion): readonly ReplicationRule[] {
  const fitting = replicationRulesOf(bucket)
    .filter(({ prefix, tags }) => {
      const hasTags = tags.every(({ Key, Value }) =>
        version.tags?.some((tag) => tag.Key === Key && tag.Value === Value),
      );
      return key.startsWith(prefix) && hasTags;
    })
    .toSorted((a, b) => b.priority - a.priority);
  const first = new Map(fitting.toReversed().map((rule) => [rule.destination, rule]));
  return [...first.values()].filter(({ copiesMarkers }) => copiesMarkers || !version.isDeleteMarker);
}

/** A bucket of another account must let the source's account, or the role, write. */
function mayReplicate(call: Call, source: Bucket, target: Bucket, key: string, role: string): boolean {
  if (source.ownerId === target.ownerId) return true;
  const names = role === '' ? [] : [role];
  return call.permissions.mayReplicate({ accountId: source.ownerId, names }, { bucket: target, key });
}

/** Makes the copies that are due, oldest first. */
export function copyDue(state: State, nowMs: number): void {
  const due = state.replications.filter(({ dueMs }) => dueMs <= nowMs);
  if (due.length === 0) return;
  state.replications = state.replications.filter(({ dueMs }) => dueMs > nowMs);
  for (const job of due) copyOne(state, job, nowMs);
  touch(state);
}

function copyOne(state: State, job: Replication, nowMs: number): void {
  const source = state.buckets.get(job.source);
  const version = source?.objects.get(job.key)?.find((each) => isMeant(each, job));
  if (source === undefined || version === undefined) return; // gone meanwhile
  const target = state.buckets.get(job.destination);
  const isWritten =
    target !== undefined && areVersionedAlike(source, target) && put(state, target, job, version, nowMs);
  if (!isWritten) version.replication = 'FAILED';
  const isLast = !state.replications.some((other) => other.source === job.source && isMeant(version, other));
  if (isLast && version.replication === 'PENDING') version.replication = 'COMPLETED';
}

function isMeant({ versionId, bodyId }: ObjectVersion, job: Replication): boolean {
  return versionId === job.versionId && bodyId === job.bodyId;
}

/** Content, metadata, tags and time as they are there; the version keeps its id where versions have one. */
function put(state: State, target: Bucket, { key }: Replication, version: ObjectVersion, nowMs: number): boolean {
  const versionId = target.versioning === 'Enabled' ? version.versionId : 'null';
  const older = target.objects.get(key)?.find((each) => each.versionId === versionId);
  if (older !== undefined && isProtected(target, older, nowMs)) return false;
  const { bodyId, retention, legalHold, acl: _acl, compliance: _compliance, ...same } = version;
  const replica: ObjectVersion = {
    ...same,
    versionId,
    replication: 'REPLICA',
    ...holdOfWrite(target),
    ...(target.objectLock === undefined ? {} : { retention, legalHold }),
    ...(bodyId === undefined ? {} : { bodyId: state.bodies.put(state.bodies.get(bodyId)) }),
  };
  pushVersion(state, target, key, replica);
  return true;
}
