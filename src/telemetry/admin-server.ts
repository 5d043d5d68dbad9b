import { createServer, type IncomingMessage } from 'node:http';
import { type Answer, LIMITS, type Listening, listen, send, TEXT } from './listening.ts';
import { LOG_LEVELS, type LogLevel } from './log-level.ts';
import type { Logger } from './logger.ts';
import type { Profiler } from './profiler.ts';

export interface AdminServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly log: Logger;
  /** Undefined: there are no profiles. */
  readonly profiler: Profiler | undefined;
}

/** A request of nobody else than this machine's. */
const HOST = '127.0.0.1';
const OWN_NAMES = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/;
const MAX_BODY_BYTES = 64;
const PROFILE = /^\/profile\/(cpu|heap|heap-statistics)$/;
const MAX_SECONDS = 300;
const DEFAULT_SECONDS = 30;

/**
 * Serves what changes or costs something, on loopback alone: whoever may exec into the pod or forward a port of it reaches
 * it, and no other pod does. `/log-level` tells and takes the level, `/profile/…` measures this process.
 * @throws StartError when the port cannot be had
 */
export async function startAdminServer(options: AdminServerOptions): Promise<Listening> {
  // A profile takes as long as it was asked for.
  const server = createServer(LIMITS, (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const failed = (): Answer => ({ status: 500, type: TEXT, body: 'it could not be done\n' });
    void answerTo(request, options, gone.signal)
      .catch(failed)
      .then((answer) => send(request, response, answer));
  });
  return listen(server, '--admin-port (ADMIN_PORT)', options.port, HOST);
}

async function answerTo(request: IncomingMessage, options: AdminServerOptions, signal: AbortSignal): Promise<Answer> {
  if (!OWN_NAMES.test(request.headers.host ?? '') || isOfPage(request)) {
    return { status: 403, type: TEXT, body: 'only for this machine\n' };
  }
  const { pathname, searchParams } = new URL(request.url ?? '/', `http://${HOST}`);
  if (pathname === '/log-level') return levelAnswer(request, options.log);
  const [, what] = PROFILE.exec(pathname) ?? [];
  if (what === undefined || options.profiler === undefined) return notFound(options);
  if (request.method !== 'GET') return { status: 405, type: TEXT, body: 'only GET\n', allow: 'GET' };
  return profileAnswer(what, searchParams.get('seconds'), options.profiler, signal);
}

/**
 * A page in the browser of somebody who forwards this port must not get at it, neither by a name of its own nor as an
 * image of it. Source: Fetch Metadata Request Headers, W3C; `none` is an address that a person typed.
 */
function isOfPage({ headers }: IncomingMessage): boolean {
  const { origin, 'sec-fetch-site': site = 'none' } = headers;
  return origin !== undefined || site !== 'none';
}

function notFound({ profiler }: AdminServerOptions): Answer {
  const more =
    profiler === undefined ? '; profiles need --profiling' : ', /profile/cpu, /profile/heap, /profile/heap-statistics';
  return { status: 404, type: TEXT, body: `not found: /log-level${more}\n` };
}

async function levelAnswer(request: IncomingMessage, log: Logger): Promise<Answer> {
  const { method } = request;
  if (method === 'GET' || method === 'HEAD') return { status: 200, type: TEXT, body: `${log.level}\n` };
  if (method !== 'PUT') return { status: 405, type: TEXT, body: 'only GET and PUT\n', allow: 'GET, PUT' };
  const level = (await bodyOf(request)).trim();
  if (!isLogLevel(level))
    return { status: 400, type: TEXT, body: `the body must be one of ${LOG_LEVELS.join(', ')}\n` };
  changeLevel(log, level);
  return { status: 200, type: TEXT, body: `${level}\n` };
}

/** The change is told at the more talkative of the two levels. */
function changeLevel(log: Logger, level: LogLevel): void {
  const before = log.level;
  const tell = () => log.warn({ logLevel: level, reason: `it was ${before}` }, 'the log level is changed');
  const isMore = LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(before);
  if (!isMore) tell();
  log.level = level;
  if (isMore) tell();
}

async function profileAnswer(
  what: string,
  asked: string | null,
  profiler: Profiler,
  signal: AbortSignal,
): Promise<Answer> {
  const answer = (value: unknown): Answer => ({
    status: 200,
    type: 'application/json',
    body: `${JSON.stringify(value)}\n`,
  });
  if (what === 'heap-statistics') return answer(profiler.heapStatistics());
  const seconds = Number(asked ?? DEFAULT_SECONDS);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
    return { status: 400, type: TEXT, body: `seconds must be above 0, and at most ${MAX_SECONDS}\n` };
  }
  const profile = await (what === 'cpu'
    ? profiler.cpu(seconds * 1_000, signal)
    : profiler.heap(seconds * 1_000, signal));
  if (profile === undefined) return { status: 409, type: TEXT, body: 'another profile is being taken\n' };
  return answer(profile);
}

function isLogLevel(text: string): text is LogLevel {
  return LOG_LEVELS.some((level) => level === text);
}

/** The beginning of the body, as far as a level is long. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_BODY_BYTES) return text;
  }
  return text;
}
