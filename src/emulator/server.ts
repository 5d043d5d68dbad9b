import { type Clock, systemClock } from '../runtime/clock.ts';
import { type AccountKeys, createAccount } from './accounts.ts';
import { catchUp } from './background.ts';
import { CallLog, type LoggedCall } from './call-log.ts';
import { type Console, consoleOf } from './console.ts';
import { Dispatcher } from './dispatch.ts';
import { endpointUrls } from './endpoint-urls.ts';
import { Faults } from './faults.ts';
import { firstAccount } from './first-account.ts';
import { History } from './history.ts';
import { type Ports, startListeners } from './listeners.ts';
import { advance, serviceClock } from './movable-clock.ts';
import { type AccountOptions, type EmulatorOptions, settingsOf } from './options.ts';
import { openState, saveState } from './persistence.ts';
import { type ReceiverParts, receive } from './receiver.ts';
import { type Json, snapshotOf } from './snapshot.ts';
import { emptyState, type State } from './state.ts';

/** Wasabi's storage service on loopback. */
export interface Emulator {
  /** Of the main listener, which serves every region, IAM and STS by the host of a request. */
  readonly port: number;
  /** Of the listener that speaks TLS; absent: there is none. */
  readonly tlsPort?: number;
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
  /** Moves the service's clock ahead, and does what falls due on the way. @throws Error for what leads back */
  advanceClock(ms: number): void;
  /** Another account. @throws Error when its id or key id is taken */
  createAccount(options?: AccountOptions): AccountKeys;
  /** Writes the state, if a folder was given, and ends every connection. */
  stop(): Promise<void>;
}

/** State is written so long after a change, with all that came meanwhile. */
const SAVE_DELAY_MS = 200;

/**
 * Starts the service.
 * @throws KeptAccountError when the folder keeps another account than was asked for; Error when a port is taken or the
 * folder cannot be used
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const settings = settingsOf(options);
  const { state, history } = openWithHistory(options.dataDir);
  const clock = serviceClock(options.clock ?? systemClock, state);
  const account = firstAccount(state, options.account ?? {}, clock.now());
  const ports: Ports = { http: 0, tls: undefined, regions: new Map() };
  const urls = endpointUrls(ports);
  const save = saver(options.dataDir, state, clock);
  const parts: ReceiverParts = {
    dispatcher: new Dispatcher(state, settings, urls),
    log: new CallLog(options.callLogLimit ?? 500_000),
    faults: new Faults({ random: options.random, now: () => clock.now() }),
    history,
    logDeliveryMs: settings.propagation.logDeliveryMs,
    state,
    clock,
    saveSoon: () => save.soon(),
    waiting: new Set(),
    createAccount: (given = {}) => createAccount(state, given, clock.now()),
    latency: { ms: options.latencyMs ?? 0 },
    ...timeOf(clock, state, () => save.soon()),
  };
  const stopListeners = await startListeners((...request) => receive(parts, ...request), ports, settings, options);
  const { http: port, tls: tlsPort } = ports;
  return {
    port,
    ...(tlsPort === undefined ? {} : { tlsPort }),
    account,
    calls: parts.log.calls,
    get writes() {
      return parts.log.calls.filter((call) => call.mutating);
    },
    faults: parts.faults,
    state,
    console: consoleOf(state, account.accountId, () => clock.now()),
    latency: parts.latency,
    snapshot: () => snapshotNow(parts),
    url: (region = 'us-east-1') => urls.s3(region, { isTls: false }),
    iamUrl: `http://iam.localhost:${port}`,
    stsUrl: `http://sts.localhost:${port}`,
    regionPorts: Object.fromEntries(ports.regions),
    createAccount: (given) => parts.createAccount(given),
    advanceClock: (ms) => parts.advanceClock(ms),
    stop: async () => {
      for (const cancel of parts.waiting) cancel();
      await stopListeners();
      save.now();
    },
  };
}

function openWithHistory(folder: string | undefined): { readonly state: State; readonly history: History } {
  const kept = folder === undefined ? emptyState() : openState(folder);
  const history = new History(kept.bodies);
  return { state: { ...kept, bodies: history.bodies }, history };
}

function snapshotNow({ catchUp, state }: Pick<ReceiverParts, 'catchUp' | 'state'>): { readonly [key: string]: Json } {
  catchUp();
  return snapshotOf(state);
}

function timeOf(clock: Clock, state: State, saveSoon: () => void): Pick<ReceiverParts, 'catchUp' | 'advanceClock'> {
  const work = () => catchUp(state, clock.now());
  return {
    catchUp: work,
    advanceClock: (ms) => {
      work();
      advance(state, ms);
      work();
      saveSoon();
    },
  };
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
