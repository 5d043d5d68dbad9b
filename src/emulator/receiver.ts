import type { ServerResponse } from 'node:http';
import { logPlaceOf, noteAccess } from './access-log.ts';
import type { Reply } from './call.ts';
import type { LoggedCall } from './call-log.ts';
import { CONTROL_PREFIX } from './control-prefix.ts';
import type { Controlled } from './control-routes.ts';
import { corsHeaders } from './cors-headers.ts';
import type { Addressed, Answered, Dispatcher, RawRequest } from './dispatch.ts';
import { ServiceError } from './errors.ts';
import { courseOf, type FaultCourse, markOf } from './fault-course.ts';
import type { FaultTarget } from './faults.ts';
import type { History } from './history.ts';
import { hostIdOf } from './host-id.ts';
import { type Cut, sendReply } from './http.ts';

/** What requests are worked on with. */
export interface ReceiverParts extends Controlled {
  readonly dispatcher: Dispatcher;
  readonly history: History;
  /** Records of access logs are delivered so long after the first of them. */
  readonly logDeliveryMs: number;
  /** Keeps the state on disk some time after it changed. */
  readonly saveSoon: () => void;
  /** Cancels the calls that wait for a latency to pass, one function each. */
  readonly waiting: Set<() => void>;
}

/** Takes one request in whole: control, faults, the call itself, the log, the answer. */
export function receive(
  parts: ReceiverParts,
  request: RawRequest,
  response: ServerResponse,
  isTooLarge: boolean,
): void {
  if (request.target.startsWith(CONTROL_PREFIX)) {
    void steer(parts, request, response);
    return;
  }
  const addressed = parts.dispatcher.address(request);
  if (request.method === 'OPTIONS' && addressed.service === 's3') {
    sendReply(response, preflightReply(parts, request, addressed), answerHeaders(parts, request, addressed, 0));
    return;
  }
  const atMs = parts.clock.monotonicMs();
  noteHistory(parts); // before the rule that asks for it can have come to its end
  const course = courseOf(parts.faults.hit(targetOf(addressed)));
  const release = course.staleMs > 0 ? parts.history.hold(course.staleMs) : undefined;
  const checked = isTooLarge ? { ...addressed, problem: new ServiceError('EntityTooLarge') } : addressed;
  after(parts, parts.latency.ms + course.waitMs, () => {
    const send = work(parts, request, response, { addressed: checked, course, atMs });
    release?.();
    noteHistory(parts);
    after(parts, course.answerWaitMs, send);
  });
}

/** A preflight needs no signature; rules of the bucket, where it has any, decide (W18, W19). */
function preflightReply({ state, dispatcher }: ReceiverParts, request: RawRequest, addressed: Addressed): Reply {
  const bucket = state.buckets.get(addressed.path.bucketName ?? '');
  if (corsHeaders(request.headers, request.method, bucket) !== undefined) return { status: 200 };
  return dispatcher.errorReply(request.method, addressed, new ServiceError('AccessForbidden'));
}

/** Loaded when first it is asked: with its schemas it is a third of what there is to load. */
async function steer(parts: ReceiverParts, request: RawRequest, response: ServerResponse): Promise<void> {
  const { control } = await import('./control.ts');
  const { status, body } = control(parts, request);
  sendReply(response, { status, body: `${JSON.stringify(body)}\n` }, { 'content-type': 'application/json' });
}

/** Goes on at once, or when the time has passed. */
function after(parts: ReceiverParts, ms: number, goOn: () => void): void {
  if (ms === 0) {
    goOn();
    return;
  }
  const cancel = parts.clock.setTimer(ms, () => {
    parts.waiting.delete(cancel);
    goOn();
  });
  parts.waiting.add(cancel);
}

function noteHistory({ history, state, clock, faults }: ReceiverParts): void {
  history.note(state, clock.now(), faults.stalestMs);
}

interface Work {
  readonly addressed: Addressed;
  readonly course: FaultCourse;
  readonly atMs: number;
}

/** Has the call take effect, and writes the log. @returns what sends the answer, if one is sent */
function work(parts: ReceiverParts, request: RawRequest, response: ServerResponse, work: Work): () => void {
  const { addressed, course, atMs } = work;
  // Read first: the call may take the bucket away, and its rules with it.
  const headers = answerHeaders(parts, request, addressed, course.skewMs);
  parts.catchUp();
  const logPlace = logPlaceOf(parts.state, addressed);
  const revisionBefore = parts.state.revision;
  const answered = answerOf(parts, request, addressed, course);
  const { reply, code: answerCode, accountId } = answered;
  const mark = markOf(course);
  const { revision } = parts.state;
  const status = mark?.status ?? reply.status;
  const code = mark?.code ?? answerCode;
  parts.log.add({ ...loggedParts(parts, addressed, request), atMs, status, code, accountId, revisionBefore, revision });
  if (logPlace !== undefined && mark === undefined) {
    const { clock, state, logDeliveryMs } = parts;
    const tookMs = clock.monotonicMs() - atMs;
    noteAccess(state, logPlace, { request, addressed, answered, nowMs: clock.now(), tookMs }, logDeliveryMs);
  }
  parts.saveSoon();
  return () => {
    if (mark === undefined) sendReply(response, reply, headers, cutOf(course));
    else if (mark.status === 0) response.socket?.resetAndDestroy();
  };
}

/** What the service answers, and what a fault puts in its place. */
function answerOf(parts: ReceiverParts, request: RawRequest, addressed: Addressed, course: FaultCourse): Answered {
  const { refusal, skewMs, staleMs } = course;
  const nowMs = parts.clock.now();
  const past = staleMs > 0 ? parts.history.at(parts.state, nowMs - staleMs) : undefined;
  const answered = course.hasEffect
    ? parts.dispatcher.answer(request, addressed, nowMs, { skewMs, past })
    : { reply: { status: 0 }, code: '', accountId: undefined, requester: undefined };
  if (refusal === undefined) return answered;
  const { status, code, retryAfterSeconds } = refusal;
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  const error = { status, code, message: 'A fault that was asked for.', elements: {}, headers };
  return { ...answered, reply: parts.dispatcher.errorReply(request.method, addressed, error), code };
}

/** Where the answer ends early; `undefined`: it comes whole. */
function cutOf({ loss }: FaultCourse): Cut | undefined {
  if (loss?.type === 'truncate') return { bytes: loss.bytes, share: loss.share, isReset: false };
  return loss?.type === 'reset' ? { bytes: undefined, share: 0.5, isReset: true } : undefined;
}

/** Which call it is, for the log and for faults. */
function targetOf({ service, path, form, operation, accessKeyId }: Addressed): FaultTarget {
  return {
    service,
    operation: operation?.name ?? '',
    bucket: path.bucketName,
    key: path.key,
    userName: form.get('UserName'),
    policy: form.get('PolicyArn') ?? form.get('PolicyName'),
    accessKeyId,
    isRead: service !== 'sts' && operation?.mutating === false, // sessions are made by reads of STS
  };
}

function loggedParts(
  parts: ReceiverParts,
  addressed: Addressed,
  request: RawRequest,
): Omit<FaultTarget, 'isRead'> & Pick<LoggedCall, 'region' | 'userAgent' | 'mutating'> {
  const { isRead: _isRead, accessKeyId = '', ...target } = targetOf(addressed);
  return {
    ...target,
    // The service's own text where it has one: a piece of a header would keep all of it in memory.
    accessKeyId: parts.state.keys.get(accessKeyId)?.accessKeyId ?? addressed.accessKeyId,
    region: addressed.endpoint.region,
    userAgent: request.headers['user-agent'] ?? '',
    mutating: addressed.operation?.mutating ?? false,
  };
}

function answerHeaders(
  parts: ReceiverParts,
  request: RawRequest,
  addressed: Addressed,
  skewMs: number,
): Record<string, string> {
  const { requestId, service, path } = addressed;
  const date = new Date(parts.clock.now() + skewMs).toUTCString();
  const server = 'WasabiS3Emulator';
  if (service !== 's3') return { date, server, 'x-amzn-requestid': requestId };
  const bucket = parts.state.buckets.get(path.bucketName ?? '');
  return {
    date,
    server,
    'x-amz-request-id': requestId,
    'x-amz-id-2': hostIdOf(requestId),
    ...corsHeaders(request.headers, request.method, bucket),
  };
}
