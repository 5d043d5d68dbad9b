import type { AccessKey } from '../../api/access-key.ts';
import type { KubeObject } from '../../api/meta.ts';
import type { Target } from '../../managed/kind.ts';
import type { Lookup } from '../../managed/lookup.ts';
import type { ObjectWrites } from '../../managed/writes.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Fence } from '../../runtime/fence.ts';
import type { Kube } from '../../runtime/kube.ts';
import type { OwnChanges } from '../../runtime/own-changes.ts';
import type { LiveKey } from '../../wasabi/access-keys.ts';
import type { WasabiClient } from '../../wasabi/clients.ts';
import type { AccountAccess, KeyConnection } from '../account-access.ts';
import type { FollowUp } from './follow.ts';
import type { MintedKeys } from './minted.ts';
import type { ProvenKeys } from './proven.ts';
import type { KeySecrets } from './secrets.ts';
import type { WatchedSecrets } from './watched-secrets.ts';

/** What the kind is made of; see `operator.ts`. */
export interface AccessKeyParts {
  readonly lookup: Lookup;
  readonly access: AccountAccess;
  readonly writes: ObjectWrites;
  /** For the Secrets: no store remembers what is written. */
  readonly kube: Kube;
  /** Which changes of those Secrets are its own. */
  readonly ownSecrets: OwnChanges;
  readonly watchedSecrets: WatchedSecrets;
  readonly clock: Clock;
  readonly fence: Fence;
  /** A new key that takes longer than this to work is worth a Warning, ms. */
  readonly readinessTimeoutMs: number;
}

/** What the passes of all AccessKeys share. */
export interface KeyMemory {
  readonly secrets: KeySecrets;
  readonly minted: MintedKeys;
  readonly proven: ProvenKeys;
}

/** The keys of one user, reached for one pass of one object, with what the pass has learnt and written so far. */
export interface KeyClient extends AccessKeyParts, KeyMemory {
  readonly wasabi: WasabiClient;
  readonly as: KeyConnection['as'];
  /** Whose keys they are; status has it before one is made. */
  readonly target: Target;
  readonly userName: string;
  /** As the pass found it. */
  readonly resource: AccessKey;
  /** As it stands after our last guarded write; undefined: this pass has made none. */
  written: AccessKey | undefined;
  /** Metadata of the Secrets that were found ours, by name, as last read. */
  readonly standing: Map<string, KubeObject>;
  /** Ids of the user's keys as last listed. */
  keyIds: readonly string[];
  /** When they were listed, on the monotonic clock. */
  listedAtMs: number;
  /** How long a create may still run; undefined: none was announced by this pass. */
  remainingMs: (() => number) | undefined;
  /** The key that this pass delivered, as a listing would show it. */
  deliveredKey: LiveKey | undefined;
  /** The keys in the wanted Secret and in that of the next key, as last read. */
  deliveredIds: readonly string[];
  /** Names of Secrets of earlier keys that are there, as this pass knows. */
  previousNames: readonly string[];
  /** What came after the key. */
  readonly followUp: FollowUp;
}

/** The object's state as this pass knows it. */
export function stateOf(client: KeyClient): AccessKey {
  return client.written ?? client.resource;
}

/** The service's clock, milliseconds since the epoch. */
export function serviceNowMs({ clock, wasabi }: Pick<KeyClient, 'clock' | 'wasabi'>): number {
  return clock.now() + wasabi.clockOffsetMs();
}
