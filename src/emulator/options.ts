import type { Clock, Random } from '../runtime/clock.ts';
import type { ErrorShape } from './errors.ts';
import { REGIONS } from './regions.ts';

/**
 * Where Wasabi's behaviour is not known for certain, or was seen in two forms. `docs/wasabi.md` has a numbered row for
 * each, with its source and why the default was chosen.
 */
export interface Quirks {
  /** A write (or HeadBucket) through another region's endpoint (W6). */
  readonly wrongRegion: 'PermanentRedirect' | 'TemporaryRedirect' | 'BadRequest';
  /** Bucket encryption configuration (W7). */
  readonly encryption: 'refused' | 'accepted';
  /** PutBucketCors and its kin (W19). */
  readonly cors: 'refused' | 'accepted';
  /** Public access block (W22). `empty`: answered, never stored. */
  readonly publicAccessBlock: 'refused' | 'empty' | 'accepted';
  /** Lifecycle rules with transitions (W17). */
  readonly lifecycleTransitions: 'refused' | 'ignored';
  /** `DELETE /BUCKET?force_delete=true` (W11). `ignored`: a plain DeleteBucket. */
  readonly forceDelete: 'honoured' | 'ignored';
  /** Whether multipart uploads in progress keep a bucket from being deleted (W10). */
  readonly uploadsBlockDelete: boolean;
  /** How bucket policies and the policies of users go together (W20). */
  readonly bucketPolicies: 'union' | 'strict';
  /** Bucket policies that name users, roles or accounts which are not there (W20). */
  readonly unknownPrincipals: 'accepted' | 'refused';
  /** Public ACLs and public bucket policies (W21). */
  readonly publicAccess: 'refused' | 'accepted';
  /** CRC64NVME checksums, and `x-amz-checksum-mode` in a presigned GET (W27). */
  readonly checksums: 'strict' | 'aws';
  /** aws-chunked bodies that end in trailers (W27). */
  readonly trailers: 'refused' | 'accepted';
  /** Whether the calls for which AWS demands Content-MD5 or a checksum header are refused without one (W44). */
  readonly integrityRequired: boolean;
  /** `If-Match` and `If-None-Match` on PUT (W28). */
  readonly conditionalPut: 'enforced' | 'ignored';
  /** The root of S3 error documents (W35). `alternating` gives both, in turn. */
  readonly errorShape: ErrorShape | 'alternating';
  /** Codes of a refused signature on IAM and STS (W1): Wasabi's table, or those of AWS (InvalidClientTokenId). */
  readonly queryAuthErrors: 'wasabi' | 'aws';
  /** The code for an entity that is not there (W33). `alternating` gives both, in turn. */
  readonly missingEntity: 'NoSuchEntity' | 'NoSuchEntityException' | 'alternating';
  /** How IAM writes policies in its answers (W29). */
  readonly policyDocuments: 'encoded' | 'plain';
  /** A user that is put into a group again (W29). */
  readonly repeatedMembership: 'accepted' | 'refused';
  /** The refusal of a key that is not in effect yet (W34). */
  readonly newKeyError: 'InvalidAccessKeyId' | 'AccessDenied';
  /** Whether an own bucket created again in us-east-1 is answered 200 (W4). */
  readonly recreateInUsEast1: 'ok' | 'conflict';
  /** Whether `x-amz-bucket-region` is sent (W6). */
  readonly bucketRegionHeader: boolean;
  /** Answer to the subresources that Wasabi does not have (W23). */
  readonly unsupported: 'MethodNotAllowed' | 'NotImplemented';
}

/** The reading of each quirk that has the best evidence. */
export const DEFAULT_QUIRKS: Quirks = {
  wrongRegion: 'PermanentRedirect',
  encryption: 'refused',
  cors: 'refused',
  publicAccessBlock: 'refused',
  lifecycleTransitions: 'refused',
  forceDelete: 'honoured',
  uploadsBlockDelete: true,
  bucketPolicies: 'union',
  unknownPrincipals: 'accepted',
  publicAccess: 'refused',
  checksums: 'strict',
  trailers: 'refused',
  integrityRequired: true,
  conditionalPut: 'enforced',
  errorShape: 'Error',
  queryAuthErrors: 'wasabi',
  missingEntity: 'NoSuchEntity',
  policyDocuments: 'encoded',
  repeatedMembership: 'accepted',
  newKeyError: 'InvalidAccessKeyId',
  recreateInUsEast1: 'ok',
  bucketRegionHeader: false,
  unsupported: 'MethodNotAllowed',
};

/** How long changes take to come into effect, in milliseconds on the emulator's clock (W34). */
export interface Propagation {
  /** A new access key is unknown to the service for so long. */
  readonly keysMs: number;
  /** What identities may do follows a change of their policies and memberships after so long. */
  readonly policiesMs: number;
}

/** How many of a thing there may be (W31, W40). */
export interface Quotas {
  /** Users of an account. */
  readonly users: number;
  /** Access keys of a user, or of the root. */
  readonly accessKeysPerUser: number;
  /** Managed policies of an account. */
  readonly policies: number;
  readonly groups: number;
  readonly roles: number;
  readonly groupsPerUser: number;
  /** Managed policies attached to one user, group or role. */
  readonly attachedPolicies: number;
  readonly versionsPerPolicy: number;
  /** Characters of a managed policy; white space is not counted, here and below. */
  readonly managedPolicySize: number;
  /** Characters of all inline policies of a user, a group, a role. */
  readonly inlineSize: Readonly<Record<'User' | 'Group' | 'Role', number>>;
}

const DEFAULT_QUOTAS: Quotas = {
  // Wasabi's own numbers.
  users: 4999,
  accessKeysPerUser: 2,
  policies: 1000,
  // AWS's, for want of Wasabi's. Source: IAM User Guide, "IAM and AWS STS quotas".
  groups: 300,
  roles: 1000,
  groupsPerUser: 10,
  attachedPolicies: 10,
  versionsPerPolicy: 5,
  managedPolicySize: 6144,
  inlineSize: { User: 2048, Group: 5120, Role: 10_240 },
};

/** How the emulator is started; every field may be left out. */
export interface EmulatorOptions {
  /** Port of the main listener on 127.0.0.1; 0 (default) takes a free one. */
  readonly port?: number;
  /** Further listeners, one region each, for clients that cannot resolve `*.localhost`. 0 takes a free port. */
  readonly regionPorts?: Readonly<Record<string, number>>;
  /** The regions that exist; default: those of Wasabi. */
  readonly regions?: readonly string[];
  /** The account made at the start. Keys are random unless given here. */
  readonly account?: AccountOptions;
  readonly quirks?: Partial<Quirks>;
  /** Buckets an account may have (default 1000). */
  readonly maxBuckets?: number;
  /** Limits of IAM; default: Wasabi's, and AWS's where Wasabi's are not known. */
  readonly quotas?: Partial<Quotas>;
  /** How long changes of identities take to come into effect; default: not at all. */
  readonly propagation?: Partial<Propagation>;
  /** Milliseconds that each call waits before it is worked on (default 0). */
  readonly latencyMs?: number;
  /** Folder where the state is kept; absent: in memory only. */
  readonly dataDir?: string;
  /** Counts every request as HTTPS for `aws:SecureTransport`; default: those with `X-Forwarded-Proto: https` (W20). */
  readonly assumesTls?: boolean;
  /** The largest request body in bytes (default 256 MiB). */
  readonly maxBodyBytes?: number;
  /** How many calls the log keeps (default 500 000); the oldest go first. */
  readonly callLogLimit?: number;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** An account to make. Absent fields are chosen by the emulator. */
export interface AccountOptions {
  /** Twelve digits; Wasabi's start with 1000000. */
  readonly accountId?: string;
  readonly name?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
}

/** The settings with every default filled in. */
export interface Settings {
  readonly regions: readonly string[];
  readonly quirks: Quirks;
  readonly maxBuckets: number;
  readonly quotas: Quotas;
  readonly propagation: Propagation;
  readonly maxBodyBytes: number;
  readonly assumesTls: boolean;
}

/** Fills the defaults. */
export function settingsOf(options: EmulatorOptions): Settings {
  return {
    regions: options.regions ?? REGIONS,
    quirks: { ...DEFAULT_QUIRKS, ...options.quirks },
    maxBuckets: options.maxBuckets ?? 1000,
    quotas: { ...DEFAULT_QUOTAS, ...options.quotas },
    propagation: { keysMs: 0, policiesMs: 0, ...options.propagation },
    assumesTls: options.assumesTls ?? false,
    maxBodyBytes: options.maxBodyBytes ?? 256 * 1024 * 1024,
  };
}
