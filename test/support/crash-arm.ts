import { callName } from './boundary.ts';
import type { Fault } from './crash-effects.ts';
import type { Victim } from './crash-victim.ts';
import type { ProxiedCall } from './proxy.ts';

/** A fault that waits for its call. */
export interface Armed {
  /** Resolves when the operator is dead, or the call is lost. */
  readonly done: Promise<unknown>;
  readonly hit: () => ProxiedCall | undefined;
  /** From now on it does not come about any more. */
  readonly disarm: () => void;
}

/** The fault comes about at that call of the operator that works now, counted from now. */
export function arm(victim: Victim, { side, call, time, verdict }: Fault, bucket: string): Armed {
  const { proxies, died } = victim;
  const lost = Promise.withResolvers<void>();
  let seen = 0;
  let hit: ProxiedCall | undefined;
  proxies[side].decide((proxied) => {
    if (hit !== undefined || callName(side, proxied, bucket) !== call) return 'pass';
    seen += 1;
    if (seen < time) return 'pass';
    hit = proxied;
    if (verdict.startsWith('drop')) lost.resolve();
    return verdict;
  });
  const done = verdict.startsWith('cut') ? died : lost.promise;
  const disarm = () => proxies[side].decide(undefined);
  return { done, hit: () => hit, disarm };
}
