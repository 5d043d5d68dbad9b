import { type Clock, type Random, sleep } from './clock.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { withDeadline } from './deadline.ts';
import { ReconcileError } from './errors.ts';
import type { Fence } from './fence.ts';
import { HttpClient, type HttpRequest, type HttpResponse } from './http-client.ts';
import { type CallOptions, KubeError } from './kube.ts';
import {
  describeCall,
  isConnectionError,
  type KubeCallInput,
  type KubeVerb,
  timeoutOf,
  transportError,
  waitBeforeRepeat,
} from './kube-attempts.ts';
import { kubeErrorOf } from './kube-status.ts';
import { TokenBucket } from './token-bucket.ts';

/** One attempt of one call, for metrics. `code` 0: no answer came. */
export interface KubeCall {
  readonly verb: KubeVerb;
  /** Plural name of the kind. */
  readonly resource: string;
  readonly code: number;
  /** Until the whole answer was read; of a watch, until its first byte. */
  readonly durationMs: number;
}

export interface KubeCallsOptions {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  readonly random: Random;
  /** Product and version, such as `wasabi-s3-operator/1.2.3`; the lease epoch is appended while we lead. */
  readonly userAgent: string;
  readonly fence?: Fence;
  /** No limit when absent. */
  readonly rateLimitPerSecond?: number | undefined;
  /** Sockets for requests; default 16. */
  readonly connections?: number;
  /** The longest answer that is read, bytes; default 64 MiB (a page of 500 objects). */
  readonly maxBodyBytes?: number;
  /** The longest wait for the head of an answer; default 15,000. */
  readonly headersTimeoutMs?: number;
  readonly onCall?: (call: KubeCall) => void;
}

const METHODS = { get: 'GET', list: 'GET', watch: 'GET', create: 'POST', patch: 'PATCH', delete: 'DELETE' } as const;

const DEFAULT_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 15_000;
/** Request sockets live this long, so that connections spread over API servers again. */
const SOCKET_LIFE_MS = 7 * 60_000;

/** One call of the API as bytes: credential, limits, deadline, fence and what is repeated. */
export class KubeCalls {
  readonly #options: KubeCallsOptions;
  readonly #http: HttpClient;
  readonly #bucket: TokenBucket | undefined;
  readonly #basePath: string;
  #fence: Fence | undefined;
  #clockOffsetMs = 0;

  constructor(options: KubeCallsOptions) {
    const { access, clock, connections = 16, rateLimitPerSecond } = options;
    this.#options = options;
    this.#fence = options.fence;
    this.#http = new HttpClient({ access, connections, socketLifeMs: SOCKET_LIFE_MS });
    this.#basePath = new URL(access.server).pathname.replace(/\/+$/, '');
    this.#bucket =
      rateLimitPerSecond === undefined
        ? undefined
        : new TokenBucket({ ratePerSecond: rateLimitPerSecond, burst: Math.max(1, 2 * rateLimitPerSecond), clock });
  }

  /** See KubeClient.fenceWith. */
  fenceWith(fence: Fence): void {
    this.#fence = fence;
  }

  /** See KubeClient.clockOffsetMs. */
  get clockOffsetMs(): number {
    return this.#clockOffsetMs;
  }

  /** The parsed body of a success. @throws KubeError, or the fence's ReconcileError */
  async json(input: KubeCallInput, options: CallOptions = {}): Promise<unknown> {
    const response = await this.#untilAnswered(input, options);
    if (response.status < 200 || response.status > 299) throw kubeErrorOf(describeCall(input), input.type, response);
    try {
      return JSON.parse(response.body.toString('utf8'));
    } catch (error) {
      const type = response.headers['content-type'] ?? 'no content type';
      throw new KubeError(
        `${describeCall(input)}: ${response.status} with ${type} instead of JSON: is ${this.#options.access.server} a Kubernetes API?`,
        { code: 0, reason: 'NotKubernetes', cause: error },
      );
    }
  }

  /** The body of a watch, once its head has come. @throws KubeError */
  async stream(input: KubeCallInput, signal: AbortSignal): Promise<AsyncIterable<Buffer>> {
    const controller = new AbortController(); // the deadline is for the head alone, the caller's signal for all
    const end = () => controller.abort(signal.reason);
    if (signal.aborted) end();
    signal.addEventListener('abort', end, { once: true });
    try {
      const body = await this.#streamOnce(input, controller);
      return withCleanup(body, () => signal.removeEventListener('abort', end));
    } catch (error) {
      signal.removeEventListener('abort', end);
      controller.abort(error);
      throw error;
    }
  }

  /** What ended a stream, as an error of this call. */
  brokenStream(input: KubeCallInput, error: unknown): KubeError {
    return transportError(input, error);
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #streamOnce(input: KubeCallInput, controller: AbortController): Promise<AsyncIterable<Buffer>> {
    const timeoutMs = this.#options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
    const cancel = this.#options.clock.setTimer(timeoutMs, () => controller.abort(timeoutOf(input)));
    const report = this.#timed(input);
    try {
      const request = await this.#request(input, controller.signal);
      const response = await this.#http.stream(request);
      report(response.status);
      if (response.status === 200) return response.body;
      if (response.status === 401) this.#options.access.invalidate();
      throw kubeErrorOf(describeCall(input), input.type, { ...response, body: await readSome(response.body) });
    } catch (error) {
      if (!(error instanceof KubeError) || error.code === 0) report(0);
      throw transportError(input, error);
    } finally {
      cancel();
    }
  }

  async #untilAnswered(input: KubeCallInput, options: CallOptions): Promise<HttpResponse> {
    const { clock, random } = this.#options;
    const endMs = clock.monotonicMs() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    let isCredentialFresh = false;
    for (let attempt = 1; ; attempt++) {
      const response = await this.#attempt(input, options.signal, endMs);
      if (response.status === 401 && !isCredentialFresh) {
        isCredentialFresh = true;
        await this.#refreshCredential();
        continue;
      }
      const waitMs = waitBeforeRepeat(input, response, attempt, random);
      if (waitMs === undefined || clock.monotonicMs() + waitMs >= endMs) return response;
      await sleep(clock, waitMs, options.signal ?? new AbortController().signal);
    }
  }

  async #attempt(input: KubeCallInput, signal: AbortSignal | undefined, endMs: number): Promise<HttpResponse> {
    const { clock } = this.#options;
    const fence = this.#fenceOf(input);
    fence?.assertHeld();
    const timeoutMs = Math.min(endMs - clock.monotonicMs(), fence?.remainingMs() ?? Number.POSITIVE_INFINITY);
    if (timeoutMs <= 0) throw timeoutOf(input);
    const report = this.#timed(input);
    try {
      const deadline = { clock, timeoutMs, signal, timeoutError: () => timeoutOf(input) };
      const response = await withDeadline(deadline, (inner) => this.#send(input, inner));
      report(response.status);
      this.#readDate(response);
      return response;
    } catch (error) {
      report(0);
      if (error instanceof ReconcileError) throw error; // the fence: not an answer of the API
      throw transportError(input, error);
    }
  }

  async #send(input: KubeCallInput, signal: AbortSignal): Promise<HttpResponse> {
    await this.#bucket?.take(signal);
    const request = await this.#request(input, signal);
    if (METHODS[input.verb] !== 'GET') return this.#http.send(request);
    const { clock, headersTimeoutMs: timeoutMs = HEADERS_TIMEOUT_MS } = this.#options;
    const deadline = { clock, timeoutMs, signal, timeoutError: () => timeoutOf(input) };
    try {
      return await withDeadline(deadline, (inner) => this.#http.send({ ...request, signal: inner }));
    } catch (error) {
      // A pooled socket that the server closed meanwhile, or a half-open one. A read may be sent again.
      if (signal.aborted || !isConnectionError(error)) throw error;
      return this.#http.sendOnFreshSocket(request);
    }
  }

  async #request(input: KubeCallInput, signal: AbortSignal): Promise<HttpRequest> {
    const authorization = await this.#options.access.authorization();
    const fence = this.#fenceOf(input);
    return {
      method: METHODS[input.verb],
      path: `${this.#basePath}${input.path}`,
      headers: {
        accept: input.accept ?? 'application/json',
        'user-agent': this.#userAgent(),
        ...(input.body === undefined ? {} : { 'content-type': input.contentType ?? 'application/json' }),
        ...(authorization === undefined ? {} : { authorization: authorization.reveal() }),
      },
      ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
      signal,
      ...(fence === undefined ? {} : { beforeSend: () => fence.assertHeld() }),
      maxBytes: this.#options.maxBodyBytes ?? 64 * 1024 * 1024,
    };
  }

  /** The fence of a call that changes something; undefined for all others. */
  #fenceOf(input: KubeCallInput): Fence | undefined {
    const { group, plural } = input.type;
    const isExempt = (group === 'coordination.k8s.io' && plural === 'leases') || plural === 'events';
    return METHODS[input.verb] === 'GET' || isExempt ? undefined : this.#fence;
  }

  #userAgent(): string {
    const { userAgent } = this.#options;
    return this.#fence === undefined ? userAgent : `${userAgent} lease-epoch/${this.#fence.epoch}`;
  }

  async #refreshCredential(): Promise<void> {
    this.#options.access.invalidate();
    const tls = await this.#options.access.tls();
    if (tls.cert !== undefined) this.#http.renewSockets(); // who we are is part of the connection then
  }

  #readDate(response: HttpResponse): void {
    const serverMs = Date.parse(response.headers.date ?? '');
    if (Number.isFinite(serverMs)) this.#clockOffsetMs = serverMs - this.#options.clock.now();
  }

  #timed(input: KubeCallInput): (code: number) => void {
    const { clock, onCall } = this.#options;
    const startedAtMs = clock.monotonicMs();
    return (code) => {
      onCall?.({ verb: input.verb, resource: input.type.plural, code, durationMs: clock.monotonicMs() - startedAtMs });
    };
  }
}

/** The beginning of a body: enough for the Status in it. */
async function readSome(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > 64 * 1024) break;
  }
  return Buffer.concat(chunks);
}

async function* withCleanup(body: AsyncIterable<Buffer>, cleanup: () => void): AsyncGenerator<Buffer, void> {
  try {
    yield* body;
  } finally {
    cleanup();
  }
}
