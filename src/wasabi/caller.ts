import type { Clock, Random } from '../runtime/clock.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { ReconcileError } from '../runtime/errors.ts';
import type { Fence } from '../runtime/fence.ts';
import type { Turn } from '../runtime/turn.ts';
import { type AuditRecord, auditResultOf, auditTargetOf, requestIdOf, statusOf } from './audit.ts';
import { cancelled, errorRowOf, reconcileErrorOf } from './errors.ts';
import type { AccountLimiter, Permit } from './limiter.ts';
import { type CredentialGate, isRefusal } from './refusals.ts';
import { withRetries } from './retry.ts';
import { addToRequest, operationOf, type SdkCommand } from './sdk-command.ts';
import { type FaultFacts, ServiceFault, type ServiceName } from './service-fault.ts';
import { isAuditedOperation } from './service-rights.ts';
import type { ProviderSettings } from './settings.ts';
import type { AttemptOptions } from './transport.ts';

/** Answers to the configuration calls are small; lists hold up to a thousand keys of a kilobyte each. */
const MAX_BODY_BYTES = 1_048_576;
const MAX_LIST_BYTES = 8_388_608;
const LISTS = /^(?:List|GetAccountAuthorizationDetails$)/;
const READS = /^(?:Get|Head|List|Simulate|Select)/;

/** How one call is made. */
export interface CallOptions {
  readonly signal: AbortSignal;
  /** The bucket's region, for S3; default: the Provider's. */
  readonly region?: string;
  /** Codes of the service that mean "there is none": the call answers `undefined` then. */
  readonly absent?: readonly string[];
  /** Further headers and query parameters, for what the SDK's models lack (`?force_delete=true`). */
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** false: a create that must not take effect twice; an attempt whose end is unknown is not made again. Default true. */
  readonly isRepeatable?: boolean;
  /** Asked right before each attempt is sent; throws when it is too late for it. */
  readonly beforeSend?: () => void;
}

/** One finished attempt, for metrics. `status` 0: no answer came; `code` says how, '' is success. */
export interface CallRecord {
  readonly service: ServiceName;
  readonly operation: string;
  /** Undefined: it is not known yet. */
  readonly account: string | undefined;
  readonly status: number;
  readonly code: string;
  readonly durationMs: number;
  /** From 1: later ones are retries of the same call. */
  readonly attempt: number;
}

export interface CallObserver {
  onCall(record: CallRecord): void;
  /** An attempt of an audited call has gone out, and ended. */
  onAudit?(record: AuditRecord): void;
  /** A call had to wait for our own limit, or the service asked to slow down. */
  onRateLimited(event: { readonly account: string | undefined; readonly source: 'waited' | 'throttled' }): void;
  /** A call got, or gave up, its place within our own limit. */
  onWaited(event: { readonly account: string | undefined; readonly waitedMs: number }): void;
}

/** An SDK client, as far as a call needs it. */
interface Sender {
  send(command: unknown, options: unknown): Promise<unknown>;
}

export interface CallerOptions {
  readonly settings: ProviderSettings;
  readonly limiter: AccountLimiter;
  readonly gate: CredentialGate;
  readonly namespace: string;
  readonly account: string | undefined;
  readonly turn: Turn | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly fence: Fence | undefined;
  readonly version: string;
  readonly observer: CallObserver | undefined;
  /** By how much the service's clock is ahead of ours: as seen in any answer, or because it refused our time. */
  readonly onClock: (offsetMs: number, cause: 'Seen' | 'Refused') => void;
}

/** Makes calls: rate limit, fence, deadline, retries and the meaning of failures, the same for every service. */
export class Caller {
  readonly #options: CallerOptions;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** @returns the output; `undefined` when the service answers one of `absent` */
  async call(service: ServiceName, client: () => object, command: SdkCommand, call: CallOptions): Promise<unknown> {
    const { settings, clock, random } = this.#options;
    const operation = operationOf(command);
    const sender = client();
    if (!isSender(sender)) throw new Error(`${service} ${operation}: no client of the SDK`);
    addToRequest(command, call);
    let isClockLearnt = false;
    const result = await withRetries(
      async (number) => {
        const first = await this.#attempt(service, operation, sender, command, call, number);
        if (isClockLearnt || !(first instanceof ServiceFault) || !this.#learnClock(first.facts)) return first;
        isClockLearnt = true;
        return this.#attempt(service, operation, sender, command, call, number);
      },
      (output): output is ServiceFault => output instanceof ServiceFault,
      {
        maxAttempts: settings.maxAttempts,
        strategy: settings.backoffStrategy,
        isRepeatable: call.isRepeatable ?? true,
        signal: call.signal,
        clock,
        random,
      },
    );
    if (!(result instanceof ServiceFault)) return result;
    const { status, code } = result.facts;
    if (status > 0 && code !== '' && call.absent?.includes(code) === true) return undefined;
    throw reconcileErrorOf(result, settings.iamRegion);
  }

  /** The service refused our signature for its time, and said what time it is: the next one is made for that. */
  #learnClock(facts: FaultFacts): boolean {
    if (errorRowOf(facts).reason !== 'ClockSkew' || facts.dateMs === undefined) return false;
    this.#options.onClock(facts.dateMs - this.#options.clock.now(), 'Refused');
    return true;
  }

  async #attempt(
    service: ServiceName,
    operation: string,
    sender: Sender,
    command: SdkCommand,
    call: CallOptions,
    attempt: number,
  ): Promise<unknown> {
    const { limiter, gate, namespace, account, turn, clock, observer, settings } = this.#options;
    const place = service === 's3' ? `s3 ${call.region ?? settings.region}` : service;
    gate.assertOpen(place); // a call that must wait for better credentials takes nothing of the account's limit
    const askedMs = clock.monotonicMs();
    const permit = await limiter.acquire({ namespace, turn, signal: call.signal }).finally(() => {
      observer?.onWaited({ account, waitedMs: clock.monotonicMs() - askedMs });
    });
    await turn?.enterLoop();
    const startedMs = clock.monotonicMs();
    let isSent = false;
    const attempted = async () => {
      gate.enter(place);
      return this.#send(service, operation, sender, command, call, (is) => {
        isSent = is;
      });
    };
    const about = { service, operation, account, attempt };
    const result = await attempted().catch((error: unknown) => {
      permit.failed();
      if (isSent) this.#audit(about, command, call, { status: 0, code: 'Cancelled', result: 'Unknown' }, undefined);
      throw error;
    });
    const facts = result instanceof ServiceFault ? result.facts : undefined;
    const came = auditResultOf(facts);
    const outcome = { status: facts?.status ?? statusOf(result), code: facts?.code ?? '' };
    if (isSent && came !== undefined) {
      const requestId = facts === undefined ? requestIdOf(result) : facts.requestId || undefined;
      this.#audit(
        about,
        command,
        call,
        { ...outcome, requestId, result: came },
        facts === undefined ? result : undefined,
      );
    }
    settle(permit, facts);
    if (result instanceof ServiceFault && isRefusal(errorRowOf(result.facts))) {
      gate.refused(place, startedMs, reconcileErrorOf(result, settings.iamRegion));
    } else if (isAccepted(facts)) gate.accepted(place, startedMs);
    const durationMs = clock.monotonicMs() - startedMs;
    observer?.onCall({ ...about, ...outcome, durationMs });
    return result;
  }

  #audit(
    about: Pick<AuditRecord, 'service' | 'operation' | 'account' | 'attempt'>,
    { input }: SdkCommand,
    { query }: CallOptions,
    came: Pick<AuditRecord, 'status' | 'code' | 'result'> & { readonly requestId?: string | undefined },
    output: unknown,
  ): void {
    const { observer } = this.#options;
    if (observer?.onAudit === undefined || !isAuditedOperation(about.operation)) return;
    observer.onAudit({ ...about, ...auditTargetOf(input, output, query), requestId: undefined, ...came });
  }

  /**
   * @param onSent told whether the request went out, as far as is known: from then on it may have an effect
   * @throws ReconcileError for what is no failure of the service: cancelled, not the leader, an endpoint not allowed
   */
  async #send(
    service: ServiceName,
    operation: string,
    sender: Sender,
    command: SdkCommand,
    call: CallOptions,
    onSent: (isSent: boolean) => void,
  ): Promise<unknown> {
    const { settings, clock, fence, version } = this.#options;
    const isWrite = !READS.test(operation) && service !== 'sts';
    const limitMs = isWrite
      ? Math.min(settings.timeoutMs, fence?.remainingMs() ?? settings.timeoutMs)
      : settings.timeoutMs;
    const options: Omit<AttemptOptions, 'abortSignal'> = {
      service,
      operation,
      maxBodyBytes: LISTS.test(operation) ? MAX_LIST_BYTES : MAX_BODY_BYTES,
      userAgent: `wasabi-s3-operator/${version}${fence === undefined ? '' : ` lease-epoch/${fence.epoch}`}`,
      nowMs: () => clock.now(),
      timeoutMs: settings.timeoutMs,
      onDate: (dateMs) => this.#options.onClock(dateMs - clock.now(), 'Seen'),
      beforeSend: () => {
        if (isWrite) fence?.assertHeld();
        call.beforeSend?.();
        onSent(true);
      },
    };
    let isLate = false;
    const timeoutError = () => {
      isLate = true;
      return new Error(`${operation} was not answered within ${limitMs} ms`);
    };
    try {
      // Listeners that the SDK leaves on its signal go with it: the caller's own may live as long as this process.
      return await withDeadline(
        { clock, timeoutMs: Math.max(0, limitMs), signal: call.signal, timeoutError },
        (abortSignal) => sender.send(command, { ...options, abortSignal }),
      );
    } catch (error) {
      if (error instanceof ReconcileError) onSent(false);
      if (error instanceof ServiceFault || error instanceof ReconcileError) return thrownOrFault(error);
      if (call.signal.aborted) throw cancelled(`calling ${operation}`);
      const code = isLate ? 'TimeoutError' : 'AnswerUnreadable';
      return new ServiceFault({ service, operation, host: hostOf(settings, service), status: 0, code, requestId: '' });
    }
  }
}

function isSender(client: object): client is Sender {
  return 'send' in client && typeof client.send === 'function';
}

function thrownOrFault(error: ServiceFault | ReconcileError): ServiceFault {
  if (error instanceof ServiceFault) return error;
  throw error;
}

/** Tells the limiter how the attempt ended. A 5xx that says when to come back is a request to slow down, too. */
function settle(permit: Permit, facts: FaultFacts | undefined): void {
  if (facts === undefined) return permit.succeeded();
  const asksToWait = facts.status >= 500 && facts.retryAfterMs !== undefined;
  if (asksToWait || errorRowOf(facts).type === 'Throttled') return permit.throttled(facts.retryAfterMs);
  return facts.status > 0 && facts.status < 500 ? permit.succeeded() : permit.failed();
}

/** Whether the answer tells that the signature was taken: "you may not" is told to a caller who is known. */
function isAccepted(facts: FaultFacts | undefined): boolean {
  return facts === undefined || (facts.code !== '' && errorRowOf(facts).reason === 'AccessDenied');
}

function hostOf(settings: ProviderSettings, service: ServiceName): string {
  if (service === 's3') return new URL(settings.endpoint).host;
  return new URL(service === 'iam' ? settings.iamEndpoint : (settings.stsEndpoint ?? settings.iamEndpoint)).host;
}
