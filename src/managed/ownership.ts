import { isSameOwner, markerText, type Owner, parseMarker } from './marker.ts';

/** What a found external resource says of its owner; each field only where the service has such a thing. */
export interface Evidence {
  /** The text of the marker on it, whoever wrote it. */
  readonly marker?: string | undefined;
  /** This very incarnation: an IAM UserId, a bucket's creation time. */
  readonly identity?: string | undefined;
  /** When the service says it was made, milliseconds since the epoch. */
  readonly createdAtMs?: number | undefined;
}

/** What the object itself brings to the question. Only status can prove: annotations and labels are the tenant's to edit. */
export interface OwnershipClaim {
  readonly owner: Owner;
  readonly adoptionPolicy: 'CreateOnly' | 'AdoptOrCreate' | 'AdoptOnly';
  /** false: the owner of the account does not let objects of that namespace adopt (`spec.tenancy` of its Provider). */
  readonly mayAdopt: boolean;
  /** The text of the annotation `take-over-from`: consent to take the resource from the owner named there. */
  readonly takeOverFrom?: string | undefined;
  /** The identity that status recorded in this account. */
  readonly recordedIdentity?: string | undefined;
  /** The span in which status says a create was sent, after an authenticated "not found"; milliseconds since the epoch. */
  readonly createIntent?: { readonly fromMs: number; readonly toMs: number } | undefined;
  /** The predecessor's status claims the resource; when the object was created, milliseconds since the epoch. */
  readonly legacyClaimSinceMs?: number | undefined;
}

export type Ownership =
  | {
      readonly mayManage: true;
      readonly mayDestroy: boolean;
      /** The marker to write; undefined: the one found stays. */
      readonly marker: string | undefined;
    }
  | {
      readonly mayManage: false;
      readonly reason: 'AlreadyExists' | 'NothingToAdopt' | 'NotPermitted';
      readonly message: string;
    };

/** Clocks of two machines, and the whole seconds in which services give times. */
const SKEW_MS = 5_000;
/** How much older than its object a resource of the predecessor may be. */
const LEGACY_SKEW_MS = 300_000;

/**
 * May this object manage the resource (write settings), and may it destroy it (delete, empty, revoke)? Two questions,
 * never mixed up. The rows of the table stand in `docs/ownership.md`; `ownership.test.ts` has one test each.
 * @param found what the resource says of itself; undefined when the service has no such resource
 * @param what how messages name the resource, such as `bucket "logs"`
 */
export function ownershipOf(claim: OwnershipClaim, found: Evidence | undefined, what: string): Ownership {
  const wantsToAdopt = claim.adoptionPolicy !== 'CreateOnly';
  const ownership = decide(claim, found, wantsToAdopt && claim.mayAdopt, what);
  if (ownership.mayManage || found === undefined || !wantsToAdopt || claim.mayAdopt) return ownership;
  return adoptionNotPermitted(claim.adoptionPolicy, what);
}

/** The refusal of an adoption that the Provider does not permit to the namespace of the object. */
export function adoptionNotPermitted(policy: OwnershipClaim['adoptionPolicy'], what: string): Ownership {
  return no(
    'NotPermitted',
    `${what} exists, and spec.adoptionPolicy ${policy} is not permitted to this namespace: the Provider in the other namespace needs spec.tenancy.adoption: All`,
  );
}

function decide(claim: OwnershipClaim, found: Evidence | undefined, adopts: boolean, what: string): Ownership {
  if (found === undefined) {
    if (claim.adoptionPolicy !== 'AdoptOnly') return owned(claim);
    return no(
      'NothingToAdopt',
      `${what} does not exist and spec.adoptionPolicy is AdoptOnly: create it outside, or use AdoptOrCreate`,
    );
  }
  if (found.marker !== undefined) return byMarker(claim, found.marker, adopts, what);
  if (isProvenByStatus(claim, found) || adopts) return owned(claim);
  // A recorded identity that is not the live one tells of somebody else's resource under the old name.
  if (claim.legacyClaimSinceMs !== undefined && claim.recordedIdentity === undefined) {
    const isProven = found.createdAtMs !== undefined && found.createdAtMs >= claim.legacyClaimSinceMs - LEGACY_SKEW_MS;
    return isProven ? owned(claim) : { mayManage: true, mayDestroy: false, marker: undefined };
  }
  return no(
    'AlreadyExists',
    `${what} exists and nothing shows that this object made it: set spec.adoptionPolicy to AdoptOrCreate to take it over`,
  );
}

function byMarker(claim: OwnershipClaim, text: string, adopts: boolean, what: string): Ownership {
  const marker = parseMarker(text);
  const isOurs = marker !== undefined && isSameOwner(marker, claim.owner);
  if (isOurs && !marker.isReleased && marker.uid === claim.owner.uid) return owned(claim);
  if (isOurs) return adopts ? owned(claim) : { mayManage: true, mayDestroy: false, marker: undefined };
  if (marker?.isReleased === true && adopts) return owned(claim);
  if (adopts && claim.takeOverFrom === text) return owned(claim);
  if (marker?.isReleased === true) {
    return no(
      'AlreadyExists',
      `${what} was released by ${text}: set spec.adoptionPolicy to AdoptOrCreate to take it over`,
    );
  }
  return no(
    'AlreadyExists',
    `${what} is owned by ${text}: to take it over set spec.adoptionPolicy to AdoptOrCreate and the annotation s3.cloud37.dev/take-over-from to that text`,
  );
}

/** The identity decides once it is recorded; before that, a creation time inside the span of the recorded intent. */
function isProvenByStatus(claim: OwnershipClaim, found: Evidence): boolean {
  if (claim.recordedIdentity !== undefined) return found.identity === claim.recordedIdentity;
  const { createIntent } = claim;
  if (createIntent === undefined || found.createdAtMs === undefined) return false;
  return found.createdAtMs >= createIntent.fromMs - SKEW_MS && found.createdAtMs <= createIntent.toMs + SKEW_MS;
}

function owned(claim: OwnershipClaim): Ownership {
  return { mayManage: true, mayDestroy: true, marker: markerText(claim.owner) };
}

function no(reason: 'AlreadyExists' | 'NothingToAdopt' | 'NotPermitted', message: string): Ownership {
  return { mayManage: false, reason, message };
}
