import type { Clock, Random } from '../runtime/clock.ts';
import { DEFAULT_QUIRKS, type Quirks } from './quirks.ts';
import { REGIONS } from './regions.ts';

const HOUR_MS = 3600 * 1000;

/** After so many milliseconds S3 gives up a request that stopped half-way. Reported by clients of AWS; Wasabi's is not known. */
export const DEFAULT_IDLE_TIMEOUT_MS = 20_000;

/** How long changes take to come into effect, in milliseconds on the emulator's clock (W25, W26, W34). */
export interface Propagation {
  /** A new access key is unknown to the service for so long. */
  readonly keysMs: number;
  /** What identities may do follows a change of their policies and memberships after so long. */
  readonly policiesMs: number;
  /** A new version is copied to the buckets of its replication rules after so long (W25). */
  readonly replicationMs: number;
  /** Records of access logs are delivered so long after the first of them (W26). */
  readonly logDeliveryMs: number;
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
  /** A further listener that speaks TLS, for every region, IAM and STS: key and certificate in PEM. Port 0 (default) takes a free one. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly port?: number };
  /** The regions that exist; default: those of Wasabi. */
  readonly regions?: readonly string[];
  /** The account made at the start. Keys are random unless given here; what a folder keeps already must be the same. */
  readonly account?: AccountOptions;
  readonly quirks?: Partial<Quirks>;
  /** Buckets an account may have (default 1000). */
  readonly maxBuckets?: number;
  /** Limits of IAM; default: Wasabi's, and AWS's where Wasabi's are not known. */
  readonly quotas?: Partial<Quotas>;
  /** How long changes take to come into effect; default: not at all, and an hour for logs. */
  readonly propagation?: Partial<Propagation>;
  /** Milliseconds that each call waits before it is worked on (default 0). */
  readonly latencyMs?: number;
  /** Folder where the state is kept; absent: in memory only. */
  readonly dataDir?: string;
  /** Counts every request as HTTPS for `aws:SecureTransport`; default: those with `X-Forwarded-Proto: https` (W20). */
  readonly assumesTls?: boolean;
  /** The largest request body in bytes (default 256 MiB). */
  readonly maxBodyBytes?: number;
  /** A request that has begun and sends nothing for so long is RequestTimeout (W49), in milliseconds (default 20 000). */
  readonly idleTimeoutMs?: number;
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
  readonly idleTimeoutMs: number;
  readonly assumesTls: boolean;
}

/** Fills the defaults. */
export function settingsOf(options: EmulatorOptions): Settings {
  return {
    regions: options.regions ?? REGIONS,
    quirks: { ...DEFAULT_QUIRKS, ...options.quirks },
    maxBuckets: options.maxBuckets ?? 1000,
    quotas: { ...DEFAULT_QUOTAS, ...options.quotas },
    propagation: { keysMs: 0, policiesMs: 0, replicationMs: 0, logDeliveryMs: HOUR_MS, ...options.propagation },
    assumesTls: options.assumesTls ?? false,
    idleTimeoutMs: options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
    maxBodyBytes: options.maxBodyBytes ?? 256 * 1024 * 1024,
  };
}
