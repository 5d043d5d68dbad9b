import type { LiveKey } from '../../wasabi/access-keys.ts';

/** A create that was announced in status and whose key is not recorded yet. Times are on the service's clock, ms. */
export interface OpenMint {
  readonly attempt: number;
  readonly holder: string;
  readonly epoch: number;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly knownKeys: ReadonlySet<string>;
}

/** What status says of keys; only the operator writes it. Empty where it speaks of another incarnation of the object. */
export interface KeyBook {
  /** false: nothing of ours stands there yet. */
  readonly isRecorded: boolean;
  readonly ownKeys: readonly string[];
  readonly claimedKeys: readonly string[];
  readonly inheritedKeys: readonly string[];
  readonly previousSecrets: readonly string[];
  /** Keys that the last status named as nobody's: consent counts for those alone. */
  readonly foreignKeys: readonly string[];
  readonly mint: OpenMint | undefined;
  /** The number of the last attempt. */
  readonly attempt: number;
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

/** A Secret of an earlier key that the predecessor left. */
export interface PreviousSecret {
  readonly name: string;
  readonly keyId: string | undefined;
  /** The text in it signs as the key that it names: whoever wrote it had the key. */
  readonly isProven: boolean;
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
  /** The Secret of the wanted name. */
  readonly wanted: SecretFact;
  /** Secrets of ours under names that the spec had before. */
  readonly earlier: readonly { readonly name: string; readonly fact: SecretFact }[];
  readonly previous: readonly PreviousSecret[];
  /** A key that this process created and could not deliver yet: its text is in memory. */
  readonly mintedId: string | undefined;
  /** A create of this process was sent and not answered: it may still take effect. */
  readonly isAnswerOpen: boolean;
  /** Keys that other AccessKey objects account for. */
  readonly elsewhere: ReadonlySet<string>;
  /** Until then an unknown key may be one that another AccessKey of the same user is creating. */
  readonly othersBusyUntilMs: number | undefined;
  /** Ids in the annotations claim-keys and revoke-keys. */
  readonly consents: { readonly claim: readonly string[]; readonly revoke: readonly string[] };
}

/** Why a key is created. */
export type MintReason = 'New' | 'SecretLost' | 'SecretEdited' | 'KeyGone';

/** Why a key is revoked. */
export type RevokeReason =
  /** Created by an attempt that ended before its text was delivered. */
  | 'Lost'
  /** Another key has taken its place and works. */
  | 'Superseded'
  /** To make room: the key in use is lost, and a user has two keys at most. */
  | 'EndedEarly'
  /** Somebody asked for it by the annotation revoke-keys. */
  | 'Asked';

/** Who accounts for which key, as it is written to status. */
export interface KeyLists {
  readonly own: readonly string[];
  readonly claimed: readonly string[];
  readonly inherited: readonly string[];
}

/** One step; each makes one write. Their order is the order in which they are made. */
export type KeyStep =
  /** Writes the intent, and the lists that hold from then on. */
  | { readonly type: 'Announce'; readonly attempt: number; readonly lists: KeyLists }
  | { readonly type: 'Mint'; readonly why: MintReason }
  /** Delivers the key whose text is in memory. */
  | { readonly type: 'WriteSecret' }
  /** Writes a key of ours under the wanted name, from the Secret of that earlier name. */
  | { readonly type: 'CopySecret'; readonly from: string }
  /** Writes the lists and closes the intent. `addsMinted`: the key of this attempt is one of `own`, too. */
  | { readonly type: 'Record'; readonly lists: KeyLists; readonly addsMinted: boolean }
  | { readonly type: 'Revoke'; readonly keyId: string; readonly why: RevokeReason }
  | { readonly type: 'SetMetadata' }
  | { readonly type: 'DropSecret'; readonly name: string };

/** Why nothing, or not all, can be done now. */
export interface KeyProblem {
  readonly reason: 'MintUnderWay' | 'SecretNotOurs' | 'ForeignKey' | 'KeyNotUsable' | 'KeyInactive';
  /** The object is known to have no usable key. */
  readonly isUnusable: boolean;
  /** Nothing changes before that time on the service's clock, ms. */
  readonly untilMs?: number;
}

/** What the table says. */
export interface Recovery {
  readonly steps: readonly KeyStep[];
  readonly problem: KeyProblem | undefined;
  /** The key in the wanted Secret, when it is one of ours. */
  readonly current: string | undefined;
  /** Live keys that nobody accounts for. */
  readonly foreign: readonly string[];
}
