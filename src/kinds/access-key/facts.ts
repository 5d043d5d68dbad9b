import type { LiveKey } from '../../wasabi/access-keys.ts';

/** A create that was announced in status and whose key is not recorded yet. Times are on the service's clock, ms. */
export interface OpenMint {
  readonly attempt: number;
  readonly holder: string;
  readonly epoch: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly knownKeys: ReadonlySet<string>;
  /** The Secret that the key is written into. */
  readonly secretName: string;
}

/** Where a rotation stands. Failed: its new key never worked, and the one in use stays. */
export type RotationStep = 'Minting' | 'Probing' | 'Switching' | 'Retaining' | 'Deactivated' | 'Failed';

/** A rotation as status has it. */
export interface OpenRotation {
  readonly step: RotationStep;
  readonly reason: 'Due' | 'Requested';
  /** When the step began; on the service's clock, ms. */
  readonly sinceMs: number;
  /** The key that is replaced, from Switching on. */
  readonly previousKey: string | undefined;
}

/** What the spec and its requests want of rotation. Milliseconds. */
export interface WantedRotation {
  /** From the making of one key to that of the next; undefined: never by time. */
  readonly intervalMs: number | undefined;
  /** How long the previous key lives on after the switch. */
  readonly retentionMs: number;
  /** Somebody asks for one by the annotation, and none was begun for it. */
  readonly isRequested: boolean;
  /** The request that was carried out last still stands there. */
  readonly isHandledRequestThere: boolean;
  /** The first moment from that one on at which a rotation may begin; on the service's clock. */
  readonly opensAt: (ms: number) => number;
}

/** The names of the Secrets of one object. */
export interface SecretNames {
  /** What workloads read. */
  readonly wanted: string;
  /** While a rotation runs, the key that is to come. */
  readonly next: string;
  /** While it lives on, the key that was replaced. */
  readonly previous: string;
}

/** What status says of keys; only the operator writes it. Empty where it speaks of another incarnation of the object. */
export interface KeyBook {
  /** false: nothing of ours stands there yet. */
  readonly isRecorded: boolean;
  readonly ownKeys: readonly string[];
  readonly claimedKeys: readonly string[];
  readonly inheritedKeys: readonly string[];
  /** Keys that the annotation freeze on this object made inactive. */
  readonly frozenKeys: readonly string[];
  readonly previousSecrets: readonly string[];
  /** Keys that the last status named as nobody's: consent counts for those alone. */
  readonly foreignKeys: readonly string[];
  readonly mint: OpenMint | undefined;
  readonly rotation: OpenRotation | undefined;
  /** The number of the last attempt. */
  readonly attempt: number;
  /** The text of the last request to rotate that was carried out, or found when the object was first seen. */
  readonly handledRequest: string | undefined;
  /** The key that was last found to work. */
  readonly currentKey: string | undefined;
}

/** What a key in a Secret is worth, as far as this pass could tell. */
export type Credential =
  | 'Works'
  /** The service does not accept it, and it is too young for that to say anything. */
  | 'Pending'
  /** It had worked and its text is another one now, or there is no text. */
  | 'Wrong'
  /** Somebody made the key inactive. */
  | 'Inactive'
  /** The key is not listed: there is nothing to try. */
  | 'Untried';

/** The Secret of one name. */
export type SecretFact =
  | { readonly type: 'Absent' }
  | { readonly type: 'NotOurs' }
  | {
      readonly type: 'Ours';
      /** The id that it holds; undefined: none that could be one. */
      readonly keyId: string | undefined;
      readonly credential: Credential;
      /** When its key was made, as its annotation says, if that can be so; on the service's clock, ms. */
      readonly mintedAtMs: number | undefined;
      /** Labels, annotations or the owner reference are not as they should be. */
      readonly hasDrifted: boolean;
    };

/** A Secret of an earlier key: of the last rotation, or left by the predecessor. */
export interface PreviousSecret {
  readonly name: string;
  readonly keyId: string | undefined;
  /** The text in it signs as the key that it names: whoever wrote it had the key. */
  readonly isProven: boolean;
}

/** Who wants the keys inactive; see freeze.ts. */
export interface FreezeFacts {
  /** The annotation on this object asks for it. */
  readonly isAsked: boolean;
  /** That on its User asks for it. */
  readonly isUserAsked: boolean;
  /** Keys that the User's object made inactive, and makes active again itself. */
  readonly byUser: ReadonlySet<string>;
}

/** Everything that the next step depends on, as read by this pass. */
export interface KeyFacts {
  /** The service's clock, milliseconds since the epoch. */
  readonly nowMs: number;
  readonly holder: { readonly identity: string; readonly epoch: number };
  readonly book: KeyBook;
  /** The key that the predecessor's status names, on an object that has no book yet. */
  readonly legacyKeyId: string | undefined;
  readonly objectCreatedAtMs: number;
  readonly keys: readonly LiveKey[];
  readonly names: SecretNames;
  readonly rotate: WantedRotation;
  /** The Secret of the wanted name. */
  readonly wanted: SecretFact;
  /** That of the key to come; read while a rotation runs or is due, else Absent. */
  readonly next: SecretFact;
  /** When the previous key was last used, as far as it was asked and the service says; on its clock, ms. */
  readonly previousUsedAtMs: number | undefined;
  /** Secrets of ours under names that the spec had before. */
  readonly earlier: readonly { readonly name: string; readonly fact: SecretFact }[];
  readonly previous: readonly PreviousSecret[];
  /** Where the key in use is to live on, somebody else's Secret stands. */
  readonly isPreviousTaken: boolean;
  /** A key that this process created and could not deliver yet: its text is in memory. */
  readonly mintedId: string | undefined;
  /** A create of this process was sent and not answered: it may still take effect. */
  readonly isAnswerOpen: boolean;
  /** Keys that other AccessKey objects account for. */
  readonly elsewhere: ReadonlySet<string>;
  /** Until then an unknown key may be one that another AccessKey of the same user is creating. */
  readonly othersBusyUntilMs: number | undefined;
  readonly freeze: FreezeFacts;
  /** Ids in the annotations claim-keys and revoke-keys. */
  readonly consents: { readonly claim: readonly string[]; readonly revoke: readonly string[] };
}

/** Why a key is created. */
export type MintReason = 'New' | 'SecretLost' | 'SecretEdited' | 'KeyGone' | 'Rotation';

/** Why a key is revoked. */
export type RevokeReason =
  /** Created by an attempt that ended before its text was delivered. */
  | 'Lost'
  /** Another key has taken its place and works. */
  | 'Superseded'
  /** To make room: the key in use is lost, and a user has two keys at most. */
  | 'EndedEarly'
  /** Somebody asked for it by the annotation revoke-keys. */
  | 'Asked'
  /** Its rotation is over. */
  | 'Retired'
  /** Made by a rotation, and the service never accepted it. */
  | 'NeverWorked';

/** Who accounts for which key, as it is written to status. */
export interface KeyLists {
  readonly own: readonly string[];
  readonly claimed: readonly string[];
  readonly inherited: readonly string[];
}

/** What is written of a rotation; `undefined`: it is over. */
export interface RotationRecord {
  readonly step: RotationStep;
  readonly previousKey?: string | undefined;
}

/** One step; each makes one write. Their order is the order in which they are made. */
export type KeyStep =
  /** Writes the intent, and the lists that hold from then on. `rotation`: the key is to come after the one in use. */
  | {
      readonly type: 'Announce';
      readonly attempt: number;
      readonly lists: KeyLists;
      readonly secretName: string;
      readonly rotation?: RotationRecord;
    }
  | { readonly type: 'Mint'; readonly why: MintReason }
  /** Delivers the key whose text is in memory. */
  | { readonly type: 'WriteSecret'; readonly name: string }
  /** Writes the key of one Secret of ours into another: in a rotation, to keep the key in use, and to replace it. */
  | { readonly type: 'CopySecret'; readonly from: string; readonly to: string; readonly as: 'Copy' | 'Keep' | 'Switch' }
  /** Tries the key in that Secret; what follows waits for a later pass until it works. */
  | { readonly type: 'Prove'; readonly name: string }
  /**
   * Writes the lists and closes the intent. `addsMinted`: the key of this attempt is one of `own`, too. `rotation`: where
   * the rotation stands then; left out: as before; `null`: there is none.
   */
  | {
      readonly type: 'Record';
      readonly lists: KeyLists;
      readonly addsMinted: boolean;
      readonly rotation?: RotationRecord | null;
    }
  | { readonly type: 'Deactivate'; readonly keyId: string }
  | { readonly type: 'Revoke'; readonly keyId: string; readonly why: RevokeReason }
  /** Writes which keys the annotation freeze makes inactive, before the calls that do; the lists where there is no book yet. */
  | { readonly type: 'RecordFrozen'; readonly keys: readonly string[]; readonly lists: KeyLists }
  | { readonly type: 'FreezeKey' | 'ThawKey'; readonly keyId: string }
  | { readonly type: 'SetMetadata' }
  | { readonly type: 'DropSecret'; readonly name: string };

/** Why nothing, or not all, can be done now. */
export type KeyProblem = LossProblem | RotationProblem;

/** Why there is no usable key, or why it is not to be touched. */
export interface LossProblem {
  readonly reason: 'MintUnderWay' | 'SecretNotOurs' | 'ForeignKey' | 'KeyNotUsable' | 'KeyInactive' | 'Frozen';
  /** The object is known to have no usable key. */
  readonly isUnusable: boolean;
  /** Nothing changes before that time on the service's clock, ms. */
  readonly untilMs?: number;
  /** Of `Frozen`: whose annotation asks for it. */
  readonly frozenBy?: 'AccessKey' | 'User';
}

/** Why a key that works is not replaced, though it is due. */
export interface RotationProblem {
  readonly isOfRotation: true;
  readonly isUnusable: false;
  readonly reason: 'SecretNotOurs' | 'PreviousNotOurs' | 'ForeignKey' | 'OwnershipUnproven' | 'RotationFailed';
  /** Nothing changes before that time on the service's clock, ms. */
  readonly untilMs?: number;
}

/** What the table says. */
export interface Recovery {
  readonly steps: readonly KeyStep[];
  /** The steps of a rotation: they come last, and tell of themselves. */
  readonly rotation: readonly KeyStep[];
  /** When something is due though nothing changes; on the service's clock, ms. */
  readonly wakeAtMs: number | undefined;
  /** When the previous key goes; undefined: there is none. */
  readonly retireAtMs: number | undefined;
  /** The previous key is past its retention, and is used all the same. */
  readonly isPreviousInUse: boolean;
  readonly problem: KeyProblem | undefined;
  /** The key in the wanted Secret, when it is one of ours. */
  readonly current: string | undefined;
  /** Live keys that nobody accounts for. */
  readonly foreign: readonly string[];
}
