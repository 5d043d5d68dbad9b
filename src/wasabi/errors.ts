import { cutText } from '../runtime/cut-text.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { endpointHostRegion } from './endpoints.ts';
import { ERROR_TABLE, type ErrorRow, type InCallRetry, UNEXPECTED_ANSWER } from './error-table.ts';
import { type FaultFacts, faultFactsOf, plain, type ServiceFault } from './service-fault.ts';

const SERVICE_NAMES = { s3: 'S3', iam: 'IAM', sts: 'STS' } as const;
const MESSAGE_LENGTH = 256;

const byCode: ReadonlyMap<string, ErrorRow> = new Map(
  ERROR_TABLE.flatMap((row) => row.codes.map((code): [string, ErrorRow] => [code, row])),
);
const byStatus: ReadonlyMap<number, ErrorRow> = new Map(
  ERROR_TABLE.flatMap((row) => row.statuses.map((status): [number, ErrorRow] => [status, row])),
);

/**
 * The row of the table that a failed attempt falls under: by its code, else by its status. A 404 or another 4xx without
 * a code of the service is an unexpected answer, never an absence.
 */
export function errorRowOf(facts: FaultFacts): ErrorRow {
  const named = byCode.get(facts.code);
  if (named !== undefined) return named;
  if (facts.status === 0) return byCode.get('ConnectionLost') ?? UNEXPECTED_ANSWER; // TLS alerts, broken HTTP, and the like
  return byStatus.get(facts.status) ?? (facts.status > 500 ? serverFailure(facts) : UNEXPECTED_ANSWER);
}

/** Whether the attempt may be made again inside the same call. */
export function inCallRetryOf(facts: FaultFacts): InCallRetry {
  return errorRowOf(facts).retry;
}

/**
 * Whether the service refused a call before it did anything. false also where no answer came, or none that says so. It
 * speaks of the last attempt alone.
 * @param thrown what the client threw
 */
export function wasRefused(thrown: unknown): boolean {
  const facts = faultFactsOf(thrown);
  return facts !== undefined && inCallRetryOf(facts) !== 'ambiguous';
}

/**
 * The error that callers see. Its message is our own text and codes alone, the same for the same failure; what the
 * service wrote into its answer never gets into it, and the request id stands beside it, for the log.
 * @param iamRegion the region for which calls of IAM and STS are signed
 */
export function reconcileErrorOf(fault: ServiceFault, iamRegion: string): ReconcileError {
  const { facts } = fault;
  const row = errorRowOf(facts);
  const what = facts.code === '' ? `status ${facts.status}` : plain(facts.code, 64);
  const where = `${SERVICE_NAMES[facts.service]} ${facts.operation} at ${facts.host}`;
  const message = `${where}: ${what}: ${adviceOf(row, facts, iamRegion)}${rightPlace(row, facts)}`;
  const retryAfterMs = Math.max(row.retryAfterMs ?? 0, facts.retryAfterMs ?? 0);
  return new ReconcileError(row.type, cutText(message, MESSAGE_LENGTH), {
    reason: row.reason,
    cause: fault,
    ...(facts.requestId === '' ? {} : { requestId: facts.requestId }),
    ...(retryAfterMs > 0 ? { retryAfterMs } : {}),
  });
}

/** The error of a call that its caller gave up: shutdown, a lost Lease, the deadline of the pass. */
export function cancelled(what: string): ReconcileError {
  return new ReconcileError('Transient', `cancelled while ${what}`, { reason: 'Cancelled' });
}

/** The reference page of all codes: `docs/reference/errors.md`. */
export function errorTableMarkdown(): string {
  const lines = [...ERROR_TABLE, UNEXPECTED_ANSWER].map((row) => {
    const when = [...row.codes.map((code) => `\`${code}\``), ...row.statuses.map((status) => `status ${status}`)];
    const again = { never: 'no', refused: 'yes', ambiguous: 'yes, if it can be repeated' }[row.retry];
    const advice = `${row.advice.charAt(0).toUpperCase()}${row.advice.slice(1)}.`;
    return `| \`${row.reason}\` | \`${row.type}\` | ${when.join(', ') || 'anything else'} | ${again} | ${advice} |`;
  });
  return `${HEADING}\n${lines.join('\n')}\n`;
}

const HEADING = `# Errors of the service

Generated from the table in \`src/wasabi/error-table.ts\`; do not edit.

What S3, IAM and STS answer, and what the operator makes of it. The reason is that of the condition \`Synced\`; the type
says who must act next (\`docs/architecture.md\`). A code decides before a status does: the same status means different
things, and a status in the list below counts only when the answer carries no known code. "Again at once" says whether
the attempt is made again inside the same call, up to \`spec.retry.maxAttempts\`; the workqueue tries again later anyway.

Messages hold our own text and the code. The text that the service sent is never shown; its request id is in the log.

| Reason | Type | Codes and statuses | Again at once | Meaning |
| --- | --- | --- | --- | --- |`;

function serverFailure(facts: FaultFacts): ErrorRow {
  return facts.status < 600 ? (byStatus.get(500) ?? UNEXPECTED_ANSWER) : UNEXPECTED_ANSWER;
}

/** A region that is wrong is the bucket's only where a bucket was called. */
function adviceOf(row: ErrorRow, facts: FaultFacts, iamRegion: string): string {
  const isOfRegion = row.reason === 'WrongRegion' || row.reason === 'InvalidRegion';
  if (!isOfRegion || facts.service === 's3') return row.advice;
  return `the request is signed for region "${plain(iamRegion, 63)}", which is not that of this API; correct spec.iamRegion of the Provider`;
}

function rightPlace(row: ErrorRow, facts: FaultFacts): string {
  if (row.reason !== 'WrongRegion' || facts.rightPlace === undefined || facts.rightPlace === '') return '';
  const region = endpointHostRegion(facts.rightPlace);
  return region === undefined ? `; the service names ${facts.rightPlace}` : `; the service names the region ${region}`;
}
