import { isDeepStrictEqual } from 'node:util';
import { markerName, markerTextOfName, type Owner } from '../../managed/marker.ts';
import type { RecentReading } from '../../managed/recent-readings.ts';
import { type LiveKey, listAccessKeys } from '../../wasabi/access-keys.ts';
import type { WasabiClient } from '../../wasabi/clients.ts';
import {
  type IamUser,
  listAttachedPolicies,
  listGroups,
  listInlinePolicies,
  readInlinePolicy,
  readUser,
} from '../../wasabi/iam-users.ts';
import { parseServicePolicy, type ServicePolicy } from '../../wasabi/policy/parse.ts';
import type { AttachmentSignal } from '../attachment-signal.ts';
import { GROUP_PREFIX } from './attached.ts';
import { type DesiredUser, recordedInlineNames } from './desired.ts';
import { concernsKeys } from './freeze.ts';

/** One IAM user, reached for one pass. */
export interface UserClient {
  readonly wasabi: WasabiClient;
  readonly userName: string;
  /** The object behind this pass. */
  readonly owner: Owner;
  readonly attachments: AttachmentSignal;
  /** What was attached when this pass looked first. */
  attachedBefore: ReadonlySet<string> | undefined;
  /** Keys that were active when this pass looked first, where it had to. */
  activeBefore: ReadonlySet<string> | undefined;
  /** Whom this pass saw last under that name. */
  observedUserId: string | undefined;
}

/** A user as it was read. */
export interface ObservedUser extends IamUser {
  /** The marker in the name of an inline policy: ours, else one of an earlier incarnation of ours, else a stranger's. */
  readonly marker: string | undefined;
  /** Names of the inline policies that carry a marker, whosever it is. */
  readonly markedNames: readonly string[];
  /** Names of the inline policies, as far as they had to be listed. */
  readonly inlineNames: readonly string[];
  /** The documents that were read, by name. */
  readonly documents: ReadonlyMap<string, ServicePolicy>;
  /** ARNs of attached policies and `group/NAME`, as far as this object has or had any. */
  readonly attached: ReadonlySet<string>;
  /** The same, when the pass looked first. */
  readonly attachedBefore: ReadonlySet<string>;
  /** Its keys; undefined: they do not matter, and were not listed. */
  readonly keys: readonly LiveKey[] | undefined;
  /** Those that were active when the pass looked first. */
  readonly activeBefore: ReadonlySet<string>;
}

type InlineRead = Pick<ObservedUser, 'marker' | 'markedNames' | 'inlineNames' | 'documents'>;

/**
 * Reads a user. The calls of a pass, each for a reason:
 * - GetUser: is it there, and is it this very one (UserId)?
 * - GetUserPolicy: is our inline policy what the spec says? It proves the user ours, too. Only with `spec.policy`.
 * - ListUserPolicies: only where ours is missing or unwanted, or an old one has to go: is there a marker, and whose?
 * - ListAccessKeys: only where a freeze is asked for, or is to end.
 * - ListAttachedUserPolicies, ListGroupsForUser: only where the object has, or had, policies or groups.
 */
export async function observeUser(
  client: UserClient,
  desired: DesiredUser | undefined,
  signal: AbortSignal,
): Promise<ObservedUser | undefined> {
  const user = await readUser(client.wasabi, client.userName, signal);
  client.observedUserId = user?.userId;
  if (user === undefined) {
    client.attachedBefore ??= new Set();
    return undefined;
  }
  const [inline, attached, keys] = await Promise.all([
    readInline(client, desired, signal),
    desired === undefined ? new Set<string>() : readAttached(client, desired, signal),
    readKeys(client, desired, signal),
  ]);
  client.attachedBefore ??= attached;
  const activeBefore = client.activeBefore ?? new Set<string>();
  return { ...user, ...inline, attached, attachedBefore: client.attachedBefore, keys, activeBefore };
}

/** What an earlier pass read, when the same is wanted now: as if this pass had read it. */
export function recallUser(
  client: UserClient,
  desired: DesiredUser,
  { desired: wanted, observed }: RecentReading<DesiredUser, ObservedUser>,
): ObservedUser | undefined {
  if (!isDeepStrictEqual(desired, wanted)) return undefined;
  client.observedUserId = observed.userId;
  client.attachedBefore = observed.attached;
  return { ...observed, attachedBefore: observed.attached };
}

async function readKeys(
  client: UserClient,
  desired: DesiredUser | undefined,
  signal: AbortSignal,
): Promise<readonly LiveKey[] | undefined> {
  if (desired === undefined || !concernsKeys(desired.freeze)) return undefined;
  const keys = (await listAccessKeys(client.wasabi, client.userName, signal)) ?? [];
  client.activeBefore ??= new Set(keys.filter(({ isActive }) => isActive).map(({ id }) => id));
  return keys;
}

async function readInline(
  { wasabi, userName, owner }: UserClient,
  desired: DesiredUser | undefined,
  signal: AbortSignal,
): Promise<InlineRead> {
  const ownName = markerName(owner);
  const documents = new Map<string, ServicePolicy>();
  const read = async (name: string) => {
    const text = await readInlinePolicy(wasabi, userName, name, signal);
    if (text !== undefined) documents.set(name, parseServicePolicy(text));
  };
  const isWanted = desired?.inline !== undefined;
  if (isWanted) await read(ownName);
  const mustList = !documents.has(ownName) || recordedInlineNames(desired?.recorded ?? []).length > 0;
  const inlineNames = mustList ? await listInlinePolicies(wasabi, userName, signal) : [ownName];
  const markedNames = inlineNames.filter((name) => markerTextOfName(name, owner) !== undefined);
  const byRank = markedNames.toSorted((a, b) => rank(a, owner) - rank(b, owner));
  if (isWanted && !documents.has(ownName)) {
    const used = [...byRank.slice(0, 1), desired.legacyInlineName].filter((name) => inlineNames.includes(name));
    for (const name of used) await read(name);
  }
  const marker = byRank[0] === undefined ? undefined : markerTextOfName(byRank[0], owner);
  return { marker, markedNames: byRank, inlineNames, documents };
}

/** Our own name counts before that of an earlier incarnation of ours, and that before a stranger's. */
function rank(name: string, owner: Owner): number {
  if (name === markerName(owner)) return 0;
  return markerTextOfName(name, owner) === name ? 2 : 1;
}

async function readAttached(
  { wasabi, userName }: UserClient,
  { attached, recorded }: DesiredUser,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const managed = [...attached, ...recorded];
  const hasPolicies = managed.some((one) => one.startsWith('arn:'));
  const hasGroups = managed.some((one) => one.startsWith(GROUP_PREFIX));
  const [policies, groups] = await Promise.all([
    hasPolicies ? listAttachedPolicies(wasabi, userName, signal) : [],
    hasGroups ? listGroups(wasabi, userName, signal) : [],
  ]);
  return new Set([...policies, ...groups.map((name) => GROUP_PREFIX + name)]);
}
