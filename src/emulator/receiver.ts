import type { ServerResponse } from 'node:http';
import type { Clock } from '../runtime/clock.ts';
import type { Reply } from './call.ts';
import type { LoggedCall } from './call-log.ts';
import { CONTROL_PREFIX, type Controlled, control } from './control.ts';
import { corsHeaders } from './cors-headers.ts';
import { type Addressed, type Answered, type Dispatcher, hostIdOf, type RawRequest } from './dispatch.ts';
import { ServiceError } from './errors.ts';
import type { FaultEffect, FaultTarget } from './faults.ts';
import { sendReply } from './http.ts';

/** What requests are worked on with. */
export interface ReceiverParts extends Controlled {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
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
    const { status, body } = control(parts, request);
    sendReply(response, { status, body: `${JSON.stringify(body)}\n` }, { 'content-type': 'application/json' });
    return;
  }
  const addressed = parts.dispatcher.address(request);
  if (request.method === 'OPTIONS' && addressed.service === 's3') {
    sendReply(response, { status: 200 }, answerHeaders(parts, request, addressed)); // a preflight needs no signature (W18)
    return;
  }
  const atMs = parts.clock.monotonicMs();
  const effects = parts.faults.hit(targetOf(addressed));
  const waits = effects.map((effect) => (effect.type === 'latency' ? effect.ms : 0));
  const waitMs = waits.reduce((sum, ms) => sum + ms, parts.latency.ms);
  const finish = () => {
    const checked = isTooLarge ? { ...addressed, problem: new ServiceError('EntityTooLarge') } : addressed;
    work(parts, request, response, { addressed: checked, effect: effects.at(-1), atMs });
  };
  if (waitMs > 0) wait(parts, waitMs, finish);
  else finish();
}

function wait(parts: ReceiverParts, ms: number, finish: () => void): void {
  const cancel = parts.clock.setTimer(ms, () => {
    parts.waiting.delete(cancel);
    finish();
  });
  parts.waiting.add(cancel);
}

interface Work {
  readonly addressed: Addressed;
  readonly effect: FaultEffect | undefined;
  readonly atMs: number;
}

function work(parts: ReceiverParts, request: RawRequest, response: ServerResponse, work: Work): void {
  const { addressed, effect, atMs } = work;
  // Read first: the call may take the bucket away, and its rules with it.
  const headers = answerHeaders(parts, request, addressed);
  const revisionBefore = parts.state.revision;
  const instead = effect === undefined ? undefined : replyInstead(parts.dispatcher, request, addressed, effect);
  const answered = instead ?? parts.dispatcher.answer(request, addressed, parts.clock.now());
  const mark = markOf(effect);
  const { revision } = parts.state;
  const status = mark?.status ?? answered.reply.status;
  const { code: answerCode, accountId } = answered;
  const code = mark?.code ?? answerCode;
  parts.log.add({ ...loggedParts(addressed, request), atMs, status, code, accountId, revisionBefore, revision });
  parts.saveSoon();
  if (mark === undefined) sendReply(response, answered.reply, headers, effect?.type === 'reset');
  else if (mark.status === 0) response.socket?.resetAndDestroy();
}

/** What takes the place of the call and its effect; `undefined`: the call goes ahead. */
function replyInstead(
  dispatcher: Dispatcher,
  request: RawRequest,
  addressed: Addressed,
  effect: FaultEffect,
): Answered | undefined {
  const nothing: Reply = { status: 0 };
  switch (effect.type) {
    case 'latency':
      return undefined;
    case 'hang':
      return effect.when === 'after' ? undefined : { reply: nothing, code: '', accountId: undefined };
    case 'reset':
      return effect.when === 'before' ? { reply: nothing, code: '', accountId: undefined } : undefined;
    case 'error':
    case 'throttle': {
      const slowDown = new ServiceError('SlowDown');
      const { status, code } = effect.type === 'error' ? effect : slowDown;
      const { retryAfterSeconds } = effect;
      const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
      const error = { status, code, message: 'A fault that was asked for.', elements: {}, headers };
      return { reply: dispatcher.errorReply(request.method, addressed, error), code, accountId: undefined };
    }
  }
}

/** How the log tells of a call that is never answered. */
function markOf(effect: FaultEffect | undefined): { readonly status: 0 | -1; readonly code: string } | undefined {
  if (effect?.type === 'hang') return { status: -1, code: effect.when === 'after' ? 'HangAfterEffect' : 'Hang' };
  if (effect?.type !== 'reset' || effect.when === 'body') return undefined;
  return { status: 0, code: effect.when === 'after' ? 'ResetAfterEffect' : 'Reset' };
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
  };
}

function loggedParts(
  addressed: Addressed,
  request: RawRequest,
): FaultTarget & Pick<LoggedCall, 'region' | 'userAgent' | 'mutating'> {
  return {
    ...targetOf(addressed),
    region: addressed.endpoint.region,
    userAgent: request.headers['user-agent'] ?? '',
    mutating: addressed.operation?.mutating ?? false,
  };
}

function answerHeaders(parts: ReceiverParts, request: RawRequest, addressed: Addressed): Record<string, string> {
  const { requestId, service, path } = addressed;
  const date = new Date(parts.clock.now()).toUTCString();
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
