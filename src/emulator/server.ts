import { type Clock, systemClock } from '../runtime/clock.ts';
import { type AccountKeys, createAccount } from './accounts.ts';
import { CallLog, type LoggedCall } from './call-log.ts';
import { type Console, consoleOf } from './console.ts';
import { Dispatcher } from './dispatch.ts';
import { endpointUrls } from './endpoint-urls.ts';
import { Faults } from './faults.ts';
import { close, httpServer, listen } from './http.ts';
import { type AccountOptions, type EmulatorOptions, settingsOf } from './options.ts';
import { openState, saveState } from './persistence.ts';
import { type ReceiverParts, receive } from './receiver.ts';
import { type Json, snapshotOf } from './snapshot.ts';
import { emptyState, type State } from './state.ts';

/** Wasabi's storage service on loopback. */
export interface Emulator {
  /** Of the main listener, which serves every region, IAM and STS by the host of a request. */
  readonly port: number;
  /** The account made at the start, and the keys of its root. */
  readonly account: AccountKeys;
  /** Every call that came in, oldest first. */
  readonly calls: readonly LoggedCall[];
  /** The calls of operations that change something, whatever came of them. */
  readonly writes: readonly LoggedCall[];
  readonly faults: Faults;
  /** For tests: what the service remembers. Changes to it are changes behind everybody's back. */
  readonly state: State;
  /** For tests: what a person changes by hand, without signature and log. */
  readonly console: Console;
  /** Milliseconds that each call waits before it is worked on; may be set while it runs. */
  readonly latency: { ms: number };
  /** Everything the service remembers but secrets and contents, as plain JSON: equal when nothing differs. */
  snapshot(): { readonly [key: string]: Json };
  /** The S3 endpoint of a region (default us-east-1), such as `http://s3.eu-central-2.localhost:9000`. */
  url(region?: string): string;
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

/** Starts the service. @throws Error when a port is taken or the folder cannot be used */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const settings = settingsOf(options);
  const clock = options.clock ?? systemClock;
  const state = options.dataDir === undefined ? emptyState() : openState(options.dataDir);
  const account = firstAccount(state, options.account ?? {}, clock);
  const regionPorts = new Map<string, number>();
  let port = 0;
  const urls = endpointUrls(() => port, regionPorts);
  const save = saver(options.dataDir, state, clock);
  const parts: ReceiverParts = {
    dispatcher: new Dispatcher(state, settings, urls),
    log: new CallLog(options.callLogLimit ?? 500_000),
    faults: new Faults(options.random),
    state,
    clock,
    saveSoon: () => save.soon(),
    waiting: new Set(),
    createAccount: (given = {}) => createAccount(state, given, clock.now()),
    latency: { ms: options.latencyMs ?? 0 },
  };
  const serve = (region: string | undefined) =>
    httpServer((...request) => receive(parts, ...request), region, settings.maxBodyBytes);
  const main = serve(undefined);
  const servers = [main];
  port = await listen(main, options.port ?? 0);
  for (const [region, wanted] of Object.entries(options.regionPorts ?? {})) {
    const server = serve(region);
    servers.push(server);
    regionPorts.set(region, await listen(server, wanted).catch((thrown: unknown) => failStart(servers, thrown)));
  }
  return {
    port,
    account,
    calls: parts.log.calls,
    get writes() {
      return parts.log.calls.filter((call) => call.mutating);
    },
    faults: parts.faults,
    state,
    console: consoleOf(state, account.accountId, () => clock.now()),
    latency: parts.latency,
    snapshot: () => snapshotOf(state),
    url: (region = 'us-east-1') => urls.s3(region, undefined),
    iamUrl: `http://iam.localhost:${port}`,
    stsUrl: `http://sts.localhost:${port}`,
    regionPorts: Object.fromEntries(regionPorts),
    createAccount: (given) => parts.createAccount(given),
    stop: async () => {
      for (const cancel of parts.waiting) cancel();
      await Promise.all(servers.map(close));
      save.now();
    },
  };
}

/** Leaves no listener behind when one of them could not start. */
async function failStart(servers: readonly Parameters<typeof close>[0][], thrown: unknown): Promise<never> {
  await Promise.all(servers.map(close));
  throw thrown;
}

/** The account of the options, or the one that a folder keeps. */
function firstAccount(state: State, options: AccountOptions, clock: Clock): AccountKeys {
  const [kept] = state.accounts.values();
  const key = [...state.keys.values()].find(
    ({ accountId, userName }) => accountId === kept?.accountId && userName === undefined,
  );
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
    const { revision } = state;
    saveState(folder, state);
    saved = revision; // last: a failed write leaves it to be done
  };
  const soon = () => {
    if (folder !== undefined && saved !== state.revision) cancel ??= clock.setTimer(SAVE_DELAY_MS, now);
  };
  return { soon, now };
}
