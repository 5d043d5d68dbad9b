import type { Clock } from '../runtime/clock.ts';
import type { CallLimit } from '../runtime/drift-pace.ts';
import { endpointFor } from './endpoints.ts';
import { AccountLimiter, type LimiterState } from './limiter.ts';
import type { ProviderSettings } from './settings.ts';

/** Limiters of accounts that nobody asked for in this time are forgotten. */
const IDLE_LIFE_MS = 3_600_000;

/** Who calls, as far as it is known. */
export interface AccountUse {
  readonly settings: Pick<ProviderSettings, 'endpoint' | 'region' | 'rate'>;
  readonly accessKeyId: string;
  /** `undefined`: not known yet; until then each access key has a limiter of its own. */
  readonly accountId: string | undefined;
  /** Names the Provider among those that share the account. */
  readonly declaredBy: string;
}

type OnRateLimited = (account: string | undefined, source: 'waited' | 'throttled') => void;

interface Entry {
  readonly account: string | undefined;
  readonly limiter: AccountLimiter;
  lastUsedMs: number;
}

/** One limiter for each account, shared by all Providers that lead to it, whatever region each of them names. */
export class Limiters {
  readonly #clock: Clock;
  readonly #onRateLimited: OnRateLimited;
  readonly #limiters = new Map<string, Entry>();

  constructor(clock: Clock, onRateLimited: OnRateLimited = () => {}) {
    this.#clock = clock;
    this.#onRateLimited = onRateLimited;
  }

  /** The limiter for the caller's account, with the caller's limit taken into account. */
  limiterFor(caller: AccountUse): AccountLimiter {
    const account = caller.accountId;
    const key = keyOf(caller);
    const now = this.#clock.monotonicMs();
    const entry = this.#limiters.get(key) ?? {
      account,
      limiter: new AccountLimiter(this.#clock, caller.settings.rate, (source) => this.#onRateLimited(account, source)),
      lastUsedMs: now,
    };
    entry.lastUsedMs = now;
    this.#limiters.set(key, entry);
    this.#forgetIdle(now);
    entry.limiter.declare(caller.declaredBy, caller.settings.rate);
    return entry.limiter;
  }

  /**
   * What that account is allowed, as far as its Providers have called; until then, what these settings ask for.
   * @throws InvalidSpec when the endpoint is no URL
   */
  limitOf(settings: AccountUse['settings'], account: string): CallLimit {
    const id = keyOf({ settings, accountId: account });
    const { requestsPerSecond } = settings.rate;
    return {
      id,
      account,
      perSecond: () => this.#limiters.get(id)?.limiter.state().currentPerSecond ?? requestsPerSecond,
    };
  }

  /** What each limiter is doing now. An account that is not known, or that several services have, comes more than once. */
  states(): readonly (readonly [account: string | undefined, state: LimiterState])[] {
    return [...this.#limiters.values()].map(({ account, limiter }) => [account, limiter.state()]);
  }

  #forgetIdle(now: number): void {
    for (const [key, { limiter, lastUsedMs }] of this.#limiters) {
      const { inFlight, waiting } = limiter.state();
      if (inFlight + waiting === 0 && now - lastUsedMs > IDLE_LIFE_MS) this.#limiters.delete(key);
    }
  }
}

/** The same text for every region of one service. An account that is not known is told apart by its access key. */
function keyOf({ settings, accountId, accessKeyId = '' }: Partial<AccountUse> & Pick<AccountUse, 'settings'>): string {
  const site = endpointFor(settings, 'any-region');
  return JSON.stringify([site, accountId ?? null, accountId === undefined ? accessKeyId : '']);
}
