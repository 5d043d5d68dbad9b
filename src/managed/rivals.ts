import { keyOf, keyText } from '../api/meta.ts';
import type { ManagedResource } from './kind.ts';
import { type Owner, parseMarker } from './marker.ts';
import type { Evidence } from './ownership.ts';

/** Another object that means the same external resource, with what decides between the two. */
export interface Contender {
  readonly resource: ManagedResource;
  readonly accountId: string | undefined;
}

/**
 * Of several objects that mean one external resource, the one that has it: the incumbent by marker, else the one whose
 * status recorded this very incarnation, else the oldest (creationTimestamp, then uid). Objects that observe or are
 * suspended never claim. Pure.
 * @param found what the resource says of itself; undefined: there is none
 * @returns the winner when it is another object, else undefined
 */
export function rivalOf(
  resource: ManagedResource,
  accountId: string,
  contenders: readonly Contender[],
  found: Evidence | undefined,
  clusterId: string,
): ManagedResource | undefined {
  const rivals = contenders.filter(
    (contender) =>
      contender.resource.metadata.uid !== resource.metadata.uid &&
      contender.accountId === accountId &&
      contender.resource.spec.mode !== 'Observe' &&
      contender.resource.spec.suspend !== true,
  );
  const parsed = found?.marker === undefined ? undefined : parseMarker(found.marker);
  if (parsed !== undefined && !parsed.isReleased && parsed.clusterId === clusterId) {
    if (parsed.uid === resource.metadata.uid) return undefined;
    const incumbent = rivals.find((rival) => rival.resource.metadata.uid === parsed.uid);
    if (incumbent !== undefined) return incumbent.resource;
  }
  const all = [resource, ...rivals.map((rival) => rival.resource)];
  const holders = all.filter(({ status }) => {
    const identity = status?.target?.identity;
    return identity !== undefined && identity === found?.identity && status?.target?.accountId === accountId;
  });
  const [oldest] = (holders.length > 0 ? holders : all).toSorted(byAge);
  return oldest === undefined || oldest.metadata.uid === resource.metadata.uid ? undefined : oldest;
}

/** What the loser's condition says. Names the winner only inside its own namespace. */
export function rivalMessage(resource: ManagedResource, winner: ManagedResource, what: string): string {
  const isNear = winner.metadata.namespace === resource.metadata.namespace;
  const who = isNear ? `${winner.kind} ${keyText(keyOf(winner))}` : `a ${winner.kind} of another namespace`;
  return `${what} already belongs to ${who}: delete one of the two, or give this one another name`;
}

/** The owner that an object's marker names. */
export function ownerOf(resource: ManagedResource, clusterId: string): Owner {
  const { namespace = '', name, uid } = resource.metadata;
  return { clusterId, namespace, name, uid };
}

function byAge(a: ManagedResource, b: ManagedResource): number {
  const [first, second] = [a.metadata, b.metadata];
  const byTime = first.creationTimestamp.localeCompare(second.creationTimestamp);
  return byTime === 0 ? first.uid.localeCompare(second.uid) : byTime;
}
