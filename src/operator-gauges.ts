import type { Clock } from './runtime/clock.ts';
import type { Controller } from './runtime/controller.ts';
import type { DriftPace } from './runtime/drift-pace.ts';
import type { Manager } from './runtime/manager.ts';
import type { NamedWatches } from './runtime/named-watches.ts';
import { accountLabel, type Metrics } from './telemetry/metrics.ts';
import type { ClientPool } from './wasabi/clients.ts';
import type { Limiters } from './wasabi/limiters.ts';

/** The parts of an operator that tell of themselves at each scrape. */
interface Told {
  readonly clock: Clock;
  readonly manager: Manager;
  readonly controllers: ReadonlyMap<string, Controller>;
  /** Secrets that are watched one by one. */
  readonly secrets: NamedWatches;
}

/** From now on each scrape asks queues and watches how they are. */
export function watchRuntime(metrics: Metrics, { clock, manager, controllers, secrets }: Told): void {
  const perKind = (of: (controller: Controller) => number) => () =>
    [...controllers].map(([kind, controller]) => [{ kind }, of(controller)] as const);
  metrics.watch(
    'queueDepth',
    perKind((each) => each.depth()),
  );
  metrics.watch(
    'activePasses',
    perKind((each) => each.depths().processing),
  );
  metrics.watch(
    'stuckPasses',
    perKind((each) => each.depths().stuck),
  );
  metrics.watch('reflectorContact', () => {
    const earliest = new Map<string, number>();
    for (const [kind, atMs] of [...manager.contacts(), ['Secret', secrets.lastContactMs] as const]) {
      if (atMs !== undefined) earliest.set(kind, Math.min(earliest.get(kind) ?? atMs, atMs));
    }
    const monotonicIsAheadMs = clock.monotonicMs() - clock.now();
    return [...earliest].map(([kind, atMs]) => [{ kind }, (atMs - monotonicIsAheadMs) / 1_000] as const);
  });
}

/**
 * From now on each scrape asks how many objects wait until the share of their account lets them be compared.
 *
 * @param accounts those that calls are made of: of each of them the number is told, none waiting included
 */
export function watchDriftChecks(metrics: Metrics, pace: DriftPace, accounts: () => readonly string[]): void {
  metrics.watch('driftChecksWaiting', () => {
    const counts = new Map<string, number>(accounts().map((account) => [account, 0]));
    for (const [account, count] of pace.waiting()) counts.set(account, (counts.get(account) ?? 0) + count);
    return [...counts].map(([account, count]) => [{ account: accountLabel(account) }, count] as const);
  });
}

/** What is told of an account. */
const LIMIT_METRICS = ['rateLimitCurrent', 'rateLimitConfigured', 'callsInFlight', 'callsWaiting'] as const;

type AccountState = Readonly<Record<(typeof LIMIT_METRICS)[number], number>>;

/** From now on each scrape asks the clients of accounts what their limits allow, and whom they have seen. */
export function watchClients(metrics: Metrics, { limiters, certificates }: ClientPool): void {
  metrics.watch('certificateEnds', () =>
    certificates.ends().map(([endpoint, notAfterMs]) => [{ endpoint }, notAfterMs / 1_000] as const),
  );
  metrics.watchAll(LIMIT_METRICS, () =>
    [...byAccount(limiters)].flatMap(([account, state]) =>
      LIMIT_METRICS.map((name) => ({ name, labels: { account }, value: state[name] })),
    ),
  );
}

/** Several limiters may be of one label: of them the lowest limits are told, and all calls. */
function byAccount(limiters: Limiters): ReadonlyMap<string, AccountState> {
  const states = new Map<string, AccountState>();
  for (const [known, state] of limiters.states()) {
    const account = accountLabel(known);
    const before = states.get(account);
    states.set(account, {
      rateLimitCurrent: Math.min(before?.rateLimitCurrent ?? Number.POSITIVE_INFINITY, state.currentPerSecond),
      rateLimitConfigured: Math.min(before?.rateLimitConfigured ?? Number.POSITIVE_INFINITY, state.configuredPerSecond),
      callsInFlight: (before?.callsInFlight ?? 0) + state.inFlight,
      callsWaiting: (before?.callsWaiting ?? 0) + state.waiting,
    });
  }
  return states;
}
