import { createHash } from 'node:crypto';
import type * as Iam from '@aws-sdk/client-iam';
import type * as S3 from '@aws-sdk/client-s3';
import type * as Sts from '@aws-sdk/client-sts';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { LRUCache } from 'lru-cache';
import type { Clock, Random } from '../runtime/clock.ts';
import { ReconcileError } from '../runtime/errors.ts';
import type { Fence } from '../runtime/fence.ts';
import type { Turn } from '../runtime/turn.ts';
import { httpHandler } from './agents.ts';
import type { AllowedEndpoints } from './allowed-endpoints.ts';
import { Caller, type CallObserver, type CallOptions } from './caller.ts';
import { Certificates } from './certificates.ts';
import type { ResolveAll } from './guarded-lookup.ts';
import { Limiters } from './limiters.ts';
import { Refusals } from './refusals.ts';
import { SdkClients } from './sdk-clients.ts';
import type { SdkCommand } from './sdk-command.ts';
import type { Credentials, ProviderSettings } from './settings.ts';

const MAX_CONNECTIONS = 2_000;
/** Unused for so long, one goes with the making of the next: a Secret that is written anew each hour leaves none behind. */
const CONNECTION_IDLE_MS = 3_600_000;
/** Clients of keys that are tried: of 20 kB each, and soon of no use. A try that comes again makes another in 0.2 ms. */
const MAX_KEY_CONNECTIONS = 32;
const MAX_TLS_CONFIGURATIONS = 64;
/** The `Date` header tells whole seconds, and the answer was on its way for a while. */
const DATE_GRAIN_MS = 2_000;

type Absent = CallOptions & { readonly absent: readonly string[] };
type Present = CallOptions & { readonly absent?: never };
type S3Command<I extends S3.ServiceInputTypes, O extends S3.ServiceOutputTypes> = S3.$Command<
  I,
  O,
  S3.S3ClientResolvedConfig,
  S3.ServiceInputTypes,
  S3.ServiceOutputTypes
>;
type IamCommand<I extends Iam.ServiceInputTypes, O extends Iam.ServiceOutputTypes> = Iam.$Command<
  I,
  O,
  Iam.IAMClientResolvedConfig,
  Iam.ServiceInputTypes,
  Iam.ServiceOutputTypes
>;
type StsCommand<I extends Sts.ServiceInputTypes, O extends Sts.ServiceOutputTypes> = Sts.$Command<
  I,
  O,
  Sts.STSClientResolvedConfig,
  Sts.ServiceInputTypes,
  Sts.ServiceOutputTypes
>;

/**
 * One identity of one account, called on behalf of one namespace. Each call takes a command of the SDK, and answers its
 * output; with `absent`, also `undefined`. All throw ReconcileError with a ServiceFault as cause:
 * @throws InvalidSpec, DependencyNotReady, Throttled, Transient, Unsupported
 */
export interface WasabiClient {
  readonly settings: ProviderSettings;
  /** By how much the service's clock is ahead of ours, in milliseconds, as its last answer said; 0 below 2 s. */
  clockOffsetMs(): number;
  /** Why a probe must wait: these credentials were refused, and the wait is not over (`retryAfterMs`). */
  refusal(): ReconcileError | undefined;
  s3<I extends S3.ServiceInputTypes, O extends S3.ServiceOutputTypes>(c: S3Command<I, O>, options: Present): Promise<O>;
  s3<I extends S3.ServiceInputTypes, O extends S3.ServiceOutputTypes>(
    command: S3Command<I, O>,
    options: Absent,
  ): Promise<O | undefined>;
  iam<I extends Iam.ServiceInputTypes, O extends Iam.ServiceOutputTypes>(
    command: IamCommand<I, O>,
    options: Present,
  ): Promise<O>;
  iam<I extends Iam.ServiceInputTypes, O extends Iam.ServiceOutputTypes>(
    command: IamCommand<I, O>,
    options: Absent,
  ): Promise<O | undefined>;
  sts<I extends Sts.ServiceInputTypes, O extends Sts.ServiceOutputTypes>(
    command: StsCommand<I, O>,
    options: Present,
  ): Promise<O>;
  sts<I extends Sts.ServiceInputTypes, O extends Sts.ServiceOutputTypes>(
    command: StsCommand<I, O>,
    options: Absent,
  ): Promise<O | undefined>;
}

export interface ClientPoolOptions {
  readonly allowed: AllowedEndpoints;
  readonly clock: Clock;
  readonly random: Random;
  /** The version of the operator, for the User-Agent. */
  readonly version: string;
  /** Absent: nothing but this process writes (the CLI). */
  readonly fence?: Fence | undefined;
  /** Whether Providers may switch off the verification of certificates; default false. */
  readonly allowInsecureTls?: boolean;
  /** Whether S3 requests with a body carry Content-MD5 instead of CRC32; default true. */
  readonly contentMd5?: boolean;
  readonly observer?: CallObserver;
  readonly resolve?: ResolveAll;
}

export interface ClientOptions {
  readonly settings: ProviderSettings;
  readonly credentials: Credentials;
  /** The Provider's uid, and uid and resourceVersion of the Secrets it reads: another text makes other clients. */
  readonly cacheKey: string;
  /** Names another key than the Provider's own, and the version of its text: it has clients of its own. */
  readonly keyVersion?: string;
  /** `undefined` until it is known; the access key stands for the account then. */
  readonly accountId: string | undefined;
  /** Whose call it is, for fairness. */
  readonly namespace: string;
  /** Of the pass that calls. Absent: none in particular, so each call is as urgent as a user's change. */
  readonly turn?: Turn;
  /** Its calls find out whether the credentials work, so refusals do not hold them back; default false. */
  readonly isProbe?: boolean;
  /** The service refused the credentials, which was not known yet. Not called for a probe. */
  readonly onRefused?: () => void;
}

/** What clients of one identity share: the SDK's clients, refusals, and what was learnt of the service's clock. */
interface Connection {
  readonly sdk: SdkClients;
  readonly refusals: Refusals;
  /** By how much the service's clock was ahead of ours in its last answer. */
  seenOffsetMs: number;
  /** What is added to our clock to sign: moves only when the service refused our time. */
  signingOffsetMs: number;
}

/** Makes clients; holds what they share: sockets, rate limits, the SDK's clients. */
export class ClientPool {
  readonly limiters: Limiters;
  readonly certificates: Certificates;
  readonly #options: ClientPoolOptions;
  readonly #handlers = new LRUCache<string, NodeHttpHandler>({ max: MAX_TLS_CONFIGURATIONS });
  readonly #connections: LRUCache<string, Connection>;
  readonly #keyConnections = new LRUCache<string, Connection>({ max: MAX_KEY_CONNECTIONS });

  constructor(options: ClientPoolOptions) {
    this.#options = options;
    this.#connections = new LRUCache({
      max: MAX_CONNECTIONS,
      ttl: CONNECTION_IDLE_MS,
      updateAgeOnGet: true,
      ttlResolution: 0, // no timer of its own
      perf: { now: () => options.clock.monotonicMs() },
    });
    this.certificates = new Certificates(options.clock);
    this.limiters = new Limiters(options.clock, (account, source) =>
      options.observer?.onRateLimited({ account, source }),
    );
  }

  /** Cheap: call it in every pass. @throws InvalidSpec, reason InsecureNotAllowed or InvalidRegion */
  client(options: ClientOptions): WasabiClient {
    const { settings, credentials, cacheKey, accountId, namespace } = options;
    const { turn, isProbe = false, onRefused } = options;
    const { allowInsecureTls = false, clock, random, version, fence, observer } = this.#options;
    if (settings.insecureSkipVerify && !allowInsecureTls) {
      throw new ReconcileError(
        'InvalidSpec',
        'spec.tls.insecureSkipVerify: true needs the operator to run with --allow-insecure-tls',
        { reason: 'InsecureNotAllowed' },
      );
    }
    const connection = this.#connectionFor(options);
    const { accessKeyId } = credentials;
    const limiter = this.limiters.limiterFor({ settings, accessKeyId, accountId, declaredBy: cacheKey });
    const caller = new Caller({
      settings,
      limiter,
      gate: connection.refusals.gate({ isProbe, onRefused }),
      namespace,
      account: accountId,
      turn,
      clock,
      random,
      fence,
      version,
      observer,
      onClock: (offsetMs, cause) => {
        connection.seenOffsetMs = offsetMs;
        if (cause === 'Refused') connection.signingOffsetMs = offsetMs;
      },
    });
    const { sdk, refusals } = connection;
    const region = (call: CallOptions) => call.region ?? settings.region;
    return {
      settings,
      clockOffsetMs: () => (Math.abs(connection.seenOffsetMs) < DATE_GRAIN_MS ? 0 : connection.seenOffsetMs),
      refusal: () => refusals.standing(),
      s3: (command: SdkCommand, call: CallOptions) => caller.call('s3', () => sdk.s3(region(call)), command, call),
      iam: (command: SdkCommand, call: CallOptions) => caller.call('iam', () => sdk.iam(), command, call),
      sts: (command: SdkCommand, call: CallOptions) => caller.call('sts', () => sdk.sts(), command, call),
    } as WasabiClient; // the command's own types say what it answers: the SDK's `send` gives exactly that
  }

  #connectionFor({ settings, credentials, cacheKey, keyVersion }: ClientOptions): Connection {
    const key = fingerprint([cacheKey, credentials.accessKeyId, settings, keyVersion ?? '']);
    const connections = keyVersion === undefined ? this.#connections : this.#keyConnections;
    const known = connections.get(key);
    if (known !== undefined) return known;
    const { allowed, contentMd5 = true, clock } = this.#options;
    const signingOffsetMs = () => clock.now() - Date.now() + connection.signingOffsetMs;
    const handler = this.#handlerFor(settings);
    const onEndpoint = (endpoint: URL) => this.certificates.expect(endpoint);
    const sdk = new SdkClients({ settings, credentials, allowed, handler, contentMd5, signingOffsetMs, onEndpoint });
    const connection: Connection = { sdk, refusals: new Refusals(clock), seenOffsetMs: 0, signingOffsetMs: 0 };
    connections.purgeStale();
    connections.set(key, connection);
    return connection;
  }

  #handlerFor({ caBundle, insecureSkipVerify }: ProviderSettings): NodeHttpHandler {
    const key = fingerprint([caBundle ?? '', insecureSkipVerify]);
    const known = this.#handlers.get(key);
    if (known !== undefined) return known;
    const { allowed, resolve, fence } = this.#options;
    const refusal = () => refusalOf(fence);
    const onVerified = this.certificates.used.bind(this.certificates);
    const handler = httpHandler({ allowed, caBundle, insecureSkipVerify, resolve, refusal, onVerified });
    this.#handlers.set(key, handler);
    return handler;
  }
}

/** Keys of caches hold no text of Secrets and are short whatever the settings are. */
function fingerprint(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}

function refusalOf(fence: Fence | undefined): Error | undefined {
  try {
    fence?.assertHeld();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error('the Lease is lost', { cause: error });
  }
}
