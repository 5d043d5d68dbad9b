import type { Clock } from './runtime/clock.ts';
import type { Controller } from './runtime/controller.ts';
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

/** What is told of an account. */
interface AccountState {
  readonly current: number;
  readonly configured: number;
  readonly inFlight: number;
  readonly waiting: number;
}

/** From now on each scrape asks the clients of accounts what their limits allow, and whom they have seen. */
export function watchClients(metrics: Metrics, { limiters, certificates }: ClientPool): void {
  metrics.watch('certificateEnds', () =>
    certificates.ends().map(([endpoint, notAfterMs]) => [{ endpoint }, notAfterMs / 1_000] as const),
  );
  const samples = (of: keyof AccountState) => () =>
    [...byAccount(limiters)].map(([account, state]) => [{ account }, state[of]] as const);
  metrics.watch('rateLimitCurrent', samples('current'));
  metrics.watch('rateLimitConfigured', samples('configured'));
  metrics.watch('callsInFlight', samples('inFlight'));
  metrics.watch('callsWaiting', samples('waiting'));
}

/** Several limiters may be of one label: of them the lowest limits are told, and all calls. */
function byAccount(limiters: Limiters): ReadonlyMap<string, AccountState> {
  const states = new Map<string, AccountState>();
  for (const [known, state] of limiters.states()) {
    const account = accountLabel(known);
    const before = states.get(account);
    states.set(account, {
      current: Math.min(before?.current ?? Number.POSITIVE_INFINITY, state.currentPerSecond),
      configured: Math.min(before?.configured ?? Number.POSITIVE_INFINITY, state.configuredPerSecond),
      inFlight: (before?.inFlight ?? 0) + state.inFlight,
      waiting: (before?.waiting ?? 0) + state.waiting,
    });
  }
  return states;
}
