export type ServiceName = 's3' | 'iam' | 'sts';

/** What is known of one failed attempt: either an answer that says no (`status` over 0), or no whole answer at all. */
export interface FaultFacts {
  readonly service: ServiceName;
  /** The API's name of the call, such as `PutBucketTagging`. */
  readonly operation: string;
  /** The host that was called, with its port where it is not the default one. */
  readonly host: string;
  /** The HTTP status; 0: the network failed, `code` says how. */
  readonly status: number;
  /** The service's error code, a code of the network or of TLS (`ECONNRESET`), or '' when the answer named none. */
  readonly code: string;
  /** For the support of the service; '' when the answer named none. */
  readonly requestId: string;
  /** The region or host that the answer says to use instead; '' when it says none. */
  readonly rightPlace?: string;
  /** How long the service asks to wait (`Retry-After`), in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** The service's clock when it answered (`Date`), milliseconds since the epoch. */
  readonly dateMs?: number | undefined;
}

/**
 * One failed attempt of a call, with nothing of the answer but codes: an error text may hold whatever the other side
 * wrote into it, so it is never kept. It is the `cause` of the ReconcileError that a caller sees.
 */
export class ServiceFault extends Error {
  override readonly name = 'ServiceFault';
  readonly facts: FaultFacts;

  constructor(facts: FaultFacts) {
    super(`${facts.service} ${facts.operation} at ${facts.host}: ${facts.code || 'no code'}, status ${facts.status}`);
    this.facts = facts;
  }
}

/** The service's code behind an error that a client threw, such as `BucketNotEmpty`; `undefined` when there is none. */
export function faultCodeOf(error: unknown): string | undefined {
  const facts = faultFactsOf(error);
  return facts === undefined || facts.code === '' ? undefined : facts.code;
}

/** Everything known of the attempt behind an error that a client threw. */
export function faultFactsOf(error: unknown): FaultFacts | undefined {
  if (error instanceof ServiceFault) return error.facts;
  return error instanceof Error && error.cause instanceof ServiceFault ? error.cause.facts : undefined;
}

/** Headers as the transport gives them: names in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** The fields of an error answer that we read. Everything else in it stays unread. */
export interface ErrorAnswer {
  readonly code: string;
  readonly requestId: string;
  readonly rightPlace: string;
}

/**
 * Reads an error document. S3 and IAM both answer in either of two shapes, `<Error>` and `<ErrorResponse><Error>`
 * (seen in the wild on Wasabi: error parsing of public .NET S3 libraries), so both are read from both. Text that is
 * neither (a proxy's HTML page) has no code.
 */
export function readErrorAnswer(body: string, headers: Headers): ErrorAnswer {
  const head = body.slice(0, 16_384);
  const isError = /^\s*(?:<\?xml[^>]{0,200}\?>)?\s*<(?:Error|ErrorResponse|Response)[\s>]/.test(head);
  const field = (name: string) => (isError ? fieldOf(head, name) : '');
  const places = [
    field('Region'),
    headers['x-amz-bucket-region'] ?? '',
    field('Endpoint'),
    hostOfUrl(headers['location']),
  ];
  return {
    code: canonicalCode(only(CODE, field('Code'))),
    requestId: only(REQUEST_ID, field('RequestId') || field('RequestID') || (headers['x-amz-request-id'] ?? '')),
    rightPlace: places.map((place) => only(PLACE, place)).find((place) => place !== '') ?? '',
  };
}

/** What comes from the other side ends up in status and logs, so only what has the shape of the thing itself is taken. */
const CODE = /^[A-Za-z][A-Za-z0-9.]{0,63}$/;
const REQUEST_ID = /^[A-Za-z0-9+/=_:.-]{1,64}$/;
/** A region, or a host with or without a port. */
const PLACE = /^[a-z0-9](?:[a-z0-9.-]{0,98}[a-z0-9])?(?::[0-9]{1,5})?$/;

function only(shape: RegExp, text: string): string {
  return shape.test(text) ? text : '';
}

/** Whether a document that came with a 2xx status is an error all the same. */
export function isErrorDocument(body: string): boolean {
  return /^\s*(?:<\?xml[^>]{0,200}\?>)?\s*<(?:Error|ErrorResponse)[\s>]/.test(body.slice(0, 512));
}

/** Whoever asks for longer is asked again: no answer may stop the work on an account for days. */
const RETRY_AFTER_MAX_MS = 3_600_000;

/** `Retry-After` in milliseconds, from seconds or an HTTP date; at most an hour, whatever a proxy says. `undefined`: none, or unreadable. */
export function retryAfterMsOf(headers: Headers, nowMs: number): number | undefined {
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return undefined;
  const waitMs = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - (dateMsOf(headers) ?? nowMs);
  return Number.isNaN(waitMs) ? undefined : Math.min(Math.max(waitMs, 0), RETRY_AFTER_MAX_MS);
}

/** The `Date` header, milliseconds since the epoch; `undefined`: none, or unreadable. */
export function dateMsOf(headers: Headers): number | undefined {
  const dateMs = Date.parse(headers['date'] ?? '');
  return Number.isNaN(dateMs) ? undefined : dateMs;
}

/** A short text of harmless characters, out of a text that is not ours. */
export function plain(text: string, length: number): string {
  return text.replace(/[^A-Za-z0-9._:/=+-]/g, '').slice(0, length);
}

/** Wasabi answers some IAM calls with `NoSuchEntityException` (seen live, 2026-09): one name is enough for callers. */
function canonicalCode(code: string): string {
  return code === 'NoSuchEntityException' ? 'NoSuchEntity' : code;
}

function fieldOf(text: string, name: string): string {
  const from = text.indexOf(`<${name}>`);
  if (from === -1) return '';
  const start = from + name.length + 2;
  const to = text.indexOf('<', start);
  return to === -1 || to - start > 256 ? '' : text.slice(start, to).trim();
}

function hostOfUrl(text: string | undefined): string {
  return text !== undefined && URL.canParse(text) ? new URL(text).host : '';
}
