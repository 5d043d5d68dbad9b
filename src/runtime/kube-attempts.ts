import type { ObjectKey, ResourceType } from '../api/meta.ts';
import { keyText } from '../api/meta.ts';
import { backoffMs } from './backoff.ts';
import type { Random } from './clock.ts';
import type { HttpResponse } from './http-client.ts';
import { KubeError } from './kube.ts';

export type KubeVerb = 'get' | 'list' | 'watch' | 'create' | 'patch' | 'delete';

/** One call of the API, before credential and deadline. */
export interface KubeCallInput {
  readonly verb: KubeVerb;
  readonly type: ResourceType;
  readonly key?: ObjectKey;
  readonly namespace?: string | undefined;
  /** With its query, below the server's own path. */
  readonly path: string;
  readonly accept?: string;
  readonly contentType?: string;
  readonly body?: object;
}

const MAX_ATTEMPTS = 5;
/** A longer wait is the caller's: a worker is not kept asleep. */
const MAX_WAIT_MS = 5000;

/** The call in words, for messages: `patch buckets team-a/logs`. */
export function describeCall(input: KubeCallInput): string {
  const where = input.key === undefined ? (input.namespace ?? '') : keyText(input.key);
  return `${input.verb} ${input.type.plural}${where === '' ? '' : ` ${where}`}`;
}

/**
 * Milliseconds after which the call may be sent again, or undefined: this answer is the answer. A 429 was not executed;
 * a 503 with Retry-After is the server's own "not now", but a create behind a proxy may have got through.
 */
export function waitBeforeRepeat(
  input: KubeCallInput,
  response: Pick<HttpResponse, 'status' | 'headers'>,
  attempt: number,
  random: Random,
): number | undefined {
  if (attempt >= MAX_ATTEMPTS) return undefined;
  const seconds = Number.parseInt(response.headers['retry-after'] ?? '', 10);
  const isAsked = Number.isFinite(seconds);
  const mayRepeat = response.status === 429 || (response.status === 503 && isAsked && input.verb !== 'create');
  if (!mayRepeat) return undefined;
  // Spread by up to a quarter: everybody else was told the same time.
  const waitMs = isAsked
    ? seconds * 1000 * (1 + random() / 4)
    : backoffMs(attempt - 1, random, { baseMs: 500, capMs: MAX_WAIT_MS });
  return waitMs > MAX_WAIT_MS ? undefined : waitMs;
}

/** No answer came within the time of this call. */
export function timeoutOf(input: KubeCallInput): KubeError {
  return new KubeError(`${describeCall(input)}: no answer in time`, { code: 0, reason: 'Timeout' });
}

/** Whatever the transport threw, as an error of this call. */
export function transportError(input: KubeCallInput, error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  const text = error instanceof Error ? error.message || error.name : 'aborted';
  const isAbort = error instanceof Error && error.name === 'AbortError';
  const reason = isAbort ? 'Aborted' : 'Unreachable';
  return new KubeError(`${describeCall(input)}: ${text}`, { code: 0, reason, cause: error });
}

/** Whether the request may have met a dead socket: anything but the caller's own abort and an answer that is too long. */
export function isConnectionError(error: unknown): boolean {
  return error instanceof Error && error.name !== 'AbortError' && error.name !== 'BodyTooLarge';
}
