import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { type AccountKeys, createAccount } from './accounts.ts';
import type { Reply } from './call.ts';
import { CallLog, type LoggedCall } from './call-log.ts';
import { CONTROL_PREFIX, type Controlled, control } from './control.ts';
import { type Addressed, Dispatcher, hostIdOf, type RawRequest } from './dispatch.ts';
import { type FaultEffect, Faults } from './faults.ts';
import { type AccountOptions, type EmulatorOptions, settingsOf } from './options.ts';
import { openState, saveState } from './persistence.ts';
import { emptyState, type State } from './state.ts';

/** Wasabi's storage service on loopback. */
export interface Emulator {
  /** Of the main listener, which serves every region, IAM and STS by the host of a request. */
  readonly port: number;
  /** The account made at the start, and the keys of its root. */
  readonly account: AccountKeys;
  /** Every call that came in, oldest first. */
  readonly calls: readonly LoggedCall[];
  readonly faults: Faults;
  /** For tests: what the service remembers. Changes to it are changes behind everybody's back. */
  readonly state: State;
  /** The S3 endpoint of a region, such as `http://s3.eu-central-2.localhost:9000`. */
  url(region: string): string;
  readonly iamUrl: string;
  readonly stsUrl: string;
  /** Ports of the listeners that serve one region each, by region. */
  readonly regionPorts: Readonly<Record<string, number>>;
  /** Another account. @throws Error when its id or key id is taken */
  createAccount(options?: AccountOptions): AccountKeys;
  /** Writes the state, if a folder was given, and ends every connection. */
  stop(): Promise<void>;
}

/** State is written so long after a change, with all that came meanwhile. */
const SAVE_DELAY_MS = 200;

/** The answer of a permissive CORS default: what Wasabi sends with every answer to a browser (W18). */
const CORS_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*',
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE, MOVE, OPTIONS',
  'access-control-expose-headers': '*',
  'access-control-max-age': '86400',
};

/** Starts the service. @throws Error when a port is taken or the folder cannot be used */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const settings = settingsOf(options);
  const clock = options.clock ?? systemClock;
  const state = options.dataDir === undefined ? emptyState() : openState(options.dataDir);
  const log = new CallLog(options.callLogLimit ?? 500_000);
  const faults = new Faults();
  const account = firstAccount(state, options.account ?? {}, clock);
  let port = 0;
  const urls = { s3: (region: string) => `http://s3.${region}.localhost:${port}` };
  const dispatcher = new Dispatcher(state, settings, urls);
  const save = saver(options.dataDir, state, clock);
  const makeAccount = (given: AccountOptions = {}) => createAccount(state, given, clock.now());

  const parts: Parts = {
    dispatcher,
    log,
    faults,
    state,
    clock,
    save,
    createAccount: makeAccount,
    latencyMs: options.latencyMs ?? 0,
  };
  const handle = (request: RawRequest, response: ServerResponse) => receive(parts, request, response);
  const main = serve(handle, undefined, settings.maxBodyBytes);
  port = await listen(main, options.port ?? 0);
  const regional = await Promise.all(
    Object.entries(options.regionPorts ?? {}).map(async ([region, wanted]) => {
      const server = serve(handle, region, settings.maxBodyBytes);
      return { region, server, port: await listen(server, wanted) };
    }),
  );
  return {
    port,
    account,
    calls: log.calls,
    faults,
    state,
    url: (region) => urls.s3(region),
    iamUrl: `http://iam.localhost:${port}`,
    stsUrl: `http://sts.localhost:${port}`,
    regionPorts: Object.fromEntries(regional.map((listener) => [listener.region, listener.port])),
    createAccount: makeAccount,
    stop: async () => {
      await Promise.all([main, ...regional.map(({ server }) => server)].map(close));
      save.now();
    },
  };
}

/** What one request is worked on with. */
interface Parts extends Controlled {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly save: { soon(): void };
  readonly latencyMs: number;
}

function receive(parts: Parts, request: RawRequest, response: ServerResponse): void {
  const { dispatcher, clock, log, faults, save } = parts;
  if (request.target.startsWith(CONTROL_PREFIX)) {
    const { status, body } = control(parts, request.method, request.target, request.body);
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
    return;
  }
  const addressed = dispatcher.address(request);
  const atMs = clock.monotonicMs();
  const { operation, path } = addressed;
  const effects = faults.hit({ operation: operation?.name ?? '', bucket: path.bucketName, key: path.key });
  const waits = effects.map((effect) => (effect.type === 'latency' ? effect.ms : 0));
  const waitMs = waits.reduce((sum, ms) => sum + ms, parts.latencyMs);
  const finish = () => {
    const { reply, ...answered } = outcomeOf(dispatcher, request, addressed, effects.at(-1), clock);
    log.add({ ...loggedParts(addressed, request), atMs, ...answered });
    save.soon();
    if (answered.status === 0) response.socket?.destroy();
    else if (reply !== undefined) send(request, response, addressed, reply, clock.now());
  };
  if (waitMs > 0) clock.setTimer(waitMs, finish);
  else finish();
}

interface Outcome {
  /** Absent: nothing is ever answered (a hang), or the connection is cut. */
  readonly reply?: Reply;
  readonly status: number;
  readonly code: string;
  readonly accountId: string | undefined;
}

/** Works on the call, unless a fault does something else with it. */
function outcomeOf(
  dispatcher: Dispatcher,
  request: RawRequest,
  addressed: Addressed,
  effect: FaultEffect | undefined,
  clock: Clock,
): Outcome {
  if (effect?.type === 'error') {
    const { status, code, retryAfterSeconds } = effect;
    const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
    const error = { status, code, message: 'A fault that was asked for.', elements: {}, headers };
    return { reply: dispatcher.errorReply(request.method, addressed, error), status, code, accountId: undefined };
  }
  // -1 is no status: the call is open until its client gives up.
  if (effect?.type === 'hang') return { status: -1, code: 'Hang', accountId: undefined };
  if (effect?.type === 'reset' && effect.when === 'before') return { status: 0, code: 'Reset', accountId: undefined };
  const { reply, code, accountId } = dispatcher.answer(request, addressed, clock.now());
  if (effect?.type === 'reset') return { status: 0, code: 'ResetAfterEffect', accountId };
  return { reply, status: reply.status, code, accountId };
}

function loggedParts(
  { service, endpoint, path, operation, accessKeyId }: Addressed,
  request: RawRequest,
): Omit<LoggedCall, 'seq' | 'atMs' | 'status' | 'code' | 'accountId'> {
  return {
    service,
    operation: operation?.name ?? '',
    region: endpoint.region,
    bucket: path.bucketName,
    key: path.key,
    accessKeyId,
    userAgent: request.headers['user-agent'] ?? '',
    mutating: operation?.mutating ?? false,
  };
}

function send(
  request: RawRequest,
  response: ServerResponse,
  { requestId, service }: Addressed,
  reply: Reply,
  nowMs: number,
): void {
  response.writeHead(reply.status, {
    date: new Date(nowMs).toUTCString(),
    server: 'WasabiS3Emulator',
    ...(service === 's3'
      ? { 'x-amz-request-id': requestId, 'x-amz-id-2': hostIdOf(requestId) }
      : { 'x-amzn-requestid': requestId }),
    ...(request.headers.origin === undefined ? {} : CORS_HEADERS),
    ...reply.headers,
  });
  response.end(reply.body);
}

function serve(
  handle: (request: RawRequest, response: ServerResponse) => void,
  listenerRegion: string | undefined,
  maxBodyBytes: number,
): Server {
  return createServer({ keepAliveTimeout: 60_000 }, (incoming, response) => {
    if (incoming.method === 'OPTIONS') {
      response.writeHead(200, CORS_HEADERS).end(); // a preflight needs no signature (W18)
      return;
    }
    readBody(incoming, maxBodyBytes, (body) => {
      if (body === undefined) {
        response.writeHead(413, { connection: 'close' }).end();
        return;
      }
      const { method = 'GET', url = '/', headers } = incoming;
      handle({ method, target: url, headers, body, listenerRegion }, response);
    });
  });
}

function readBody(incoming: IncomingMessage, maxBytes: number, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  });
  incoming.on('end', () => done(size <= maxBytes ? Buffer.concat(chunks) : undefined));
  incoming.on('error', () => incoming.destroy());
}

/** The account of the options, or the one that a folder keeps. */
function firstAccount(state: State, options: AccountOptions, clock: Clock): AccountKeys {
  const [kept] = state.accounts.values();
  const key = [...state.keys.values()].find(({ identity }) => identity.accountId === kept?.accountId);
  if (kept === undefined || key === undefined) return createAccount(state, options, clock.now());
  const { accessKeyId, secretAccessKey } = key;
  return { accountId: kept.accountId, name: kept.name, accessKeyId, secretAccessKey };
}

/** Writes the state a little after it changed. */
function saver(folder: string | undefined, state: State, clock: Clock): { soon(): void; now(): void } {
  let saved = -1;
  let cancel: (() => void) | undefined;
  const now = () => {
    cancel?.();
    cancel = undefined;
    if (folder === undefined || saved === state.revision) return;
    saved = state.revision;
    saveState(folder, state);
  };
  const soon = () => {
    if (folder !== undefined && saved !== state.revision) cancel ??= clock.setTimer(SAVE_DELAY_MS, now);
  };
  return { soon, now };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port); // it listens on a port, not on a path
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
