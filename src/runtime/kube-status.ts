import type { IncomingHttpHeaders } from 'node:http';
import type { ResourceType } from '../api/meta.ts';
import { cutText } from './cut-text.ts';
import { KubeError } from './kube.ts';

/** An answer of the API server that is no success. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** metav1.Status as far as we read it. */
interface Status {
  readonly message: string;
  readonly reason: string;
  readonly code: number;
  readonly causes: readonly string[];
}

/** Longer texts of a server are cut: they end in conditions and logs. */
const MAX_MESSAGE = 512;

/**
 * The error of an answer. `reason` is the Status's own, with two that say more: `NotServed` for a 404 that speaks of the
 * path (the kind is not installed, or the server is still starting: no proof that an object is gone), and
 * `NamespaceTerminating` for a 403 or 409 because the namespace is being deleted.
 * @param what the call in words, such as `patch buckets team-a/logs`
 */
export function kubeErrorOf(what: string, type: ResourceType, answer: FailedAnswer): KubeError {
  const status = parseStatus(answer.body);
  const isSecret = type.plural === 'secrets' && type.group === '';
  const text = isSecret ? aboutSecret(answer, status) : (status?.message ?? plainText(answer));
  return new KubeError(`${what}: ${answer.status}${text === '' ? '' : ` ${clean(text)}`}`, {
    code: answer.status,
    reason: reasonOf(answer.status, status),
    retryAfterMs: retryAfterMs(answer.headers),
  });
}

/**
 * What is said of a Secret, as far as it cannot quote what stands in it: webhooks and admission policies choose their
 * words, and the code of the answer. The first words of Kubernetes itself name who refuses, and what is missing.
 */
function aboutSecret(answer: FailedAnswer, status: Status | undefined): string {
  if (status === undefined) return isPlain(answer) ? '' : plainText(answer);
  return OWN_WORDS.exec(status.message)?.[0] ?? (/^[A-Za-z]{1,64}$/.test(status.reason) ? status.reason : '');
}

/** Names of objects, users and policies. */
const NAME = String.raw`["'][\w.:@/-]{1,253}["']`;
/** Sources: the errors of k8s.io/apiserver (pkg/endpoints, pkg/admission) and k8s.io/apimachinery (pkg/api/errors). */
const OWN_WORDS = new RegExp(
  [
    `^secrets(?: ${NAME})? is forbidden: User ${NAME} cannot [a-z]+ resource "secrets" in API group ""(?: in the namespace ${NAME})?`,
    `^secrets ${NAME} is forbidden: exceeded quota: [a-z0-9.-]{1,253}(?=,)`,
    `^secrets ${NAME} is forbidden: unable to create new content in namespace [a-z0-9-]{1,63} because it is being terminated`,
    `^secrets ${NAME} is forbidden: ValidatingAdmissionPolicy ${NAME}(?: with binding ${NAME})? denied request(?=:)`,
    `^admission webhook ${NAME} denied the request(?=:)`,
    `^secrets ${NAME} (?:not found|already exists)$`,
    `^Operation cannot be fulfilled on secrets ${NAME}: the object has been modified`,
  ].join('|'),
);

/** What an ERROR event of a watch says. */
export function watchErrorOf(object: unknown): { code: number; reason: string; message: string } {
  const status = asStatus(object);
  return {
    code: status?.code ?? 0,
    reason: status?.reason ?? '',
    message: clean(status?.message ?? 'an unreadable error'),
  };
}

function reasonOf(code: number, status: Status | undefined): string {
  if (code === 404 && (status === undefined || /could not find the requested resource/i.test(status.message))) {
    return 'NotServed';
  }
  if (status?.causes.includes('NamespaceTerminating') === true) return 'NamespaceTerminating';
  return status?.reason ?? '';
}

/** Whoever asks for longer is asked again: one answer may not stop the operator for days. */
const RETRY_AFTER_MAX_MS = 3_600_000;

/**
 * Seconds or an HTTP date; the latter is measured against the answer's own Date, not against our clock. At most an hour.
 */
function retryAfterMs(headers: IncomingHttpHeaders): number | undefined {
  const text = headers['retry-after'];
  if (text === undefined) return undefined;
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.parse(headers.date ?? '');
  return Number.isFinite(waitMs) && waitMs >= 0 ? Math.min(waitMs, RETRY_AFTER_MAX_MS) : undefined;
}

function parseStatus(body: Buffer): Status | undefined {
  try {
    return asStatus(JSON.parse(body.toString('utf8')));
  } catch {
    return undefined; // not JSON: a proxy's page, or plain text such as "404 page not found"
  }
}

function asStatus(value: unknown): Status | undefined {
  if (!isRecord(value) || value.kind !== 'Status') return undefined;
  const details = isRecord(value.details) ? value.details : {};
  const causes = Array.isArray(details.causes) ? details.causes : [];
  return {
    message: typeof value.message === 'string' ? value.message : '',
    reason: typeof value.reason === 'string' ? value.reason : '',
    code: typeof value.code === 'number' ? value.code : 0,
    causes: causes.map((cause: unknown) => (isRecord(cause) ? String(cause.reason) : '')),
  };
}

function isPlain({ headers }: FailedAnswer): boolean {
  return headers['content-type']?.startsWith('text/plain') === true;
}

function plainText(answer: FailedAnswer): string {
  const type = answer.headers['content-type'] ?? '';
  if (isPlain(answer)) return answer.body.toString('utf8').trim();
  return `with ${type === '' ? 'no content type' : type} instead of a Status: is a proxy in the way?`;
}

/** One line without control characters, at most 512 characters. */
function clean(text: string): string {
  return cutText(text.replace(/\p{Cc}+/gu, ' '), MAX_MESSAGE);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
