import type { Bodies } from './bodies.ts';
import type { Call } from './call.ts';
import type { State } from './state.ts';

/** What the service remembered from an instant on. */
interface Past {
  readonly sinceMs: number;
  readonly revision: number;
  readonly copy: Omit<State, 'bodies'>;
  /** Contents that were dropped while this was the latest copy. */
  readonly dropped: string[];
}

/** How the service is wrong about time (W50). */
export interface Anachronism {
  /** By so much the clock is wrong that signatures are held against. */
  readonly skewMs: number;
  /** What the call sees in place of what the service remembers now. It must not change anything. */
  readonly past: State | undefined;
}

/**
 * What the service remembered a while ago, for answers that are behind (W50). While somebody asks for that, the whole
 * state but its contents is copied with every change: exact, and some ten microseconds for each bucket, user and object.
 */
export class History {
  /** The bodies for the state: contents outlive their deletion while a copy may name them. */
  readonly bodies: Bodies;
  readonly #kept: Bodies;
  #pasts: Past[] = [];
  readonly #held = new Set<{ readonly ms: number }>();

  constructor(bodies: Bodies) {
    this.#kept = bodies;
    this.bodies = { ...bodies, drop: (id) => this.#drop(id) };
  }

  /**
   * Takes note of the state before and after whatever may change it. `spanMs`: so far back will be asked; 0 ends it. What
   * changed past this counts from the next note on.
   */
  note(state: State, nowMs: number, spanMs: number): void {
    const span = Math.max(spanMs, ...[...this.#held].map(({ ms }) => ms));
    const latest = this.#pasts.at(-1);
    if (span > 0 && latest?.revision !== state.revision) {
      const { bodies: _bodies, ...rest } = state;
      const sinceMs = latest === undefined ? Number.NEGATIVE_INFINITY : nowMs;
      this.#pasts.push({ sinceMs, revision: state.revision, copy: structuredClone(rest), dropped: [] });
    }
    this.#forget(span === 0 ? Number.POSITIVE_INFINITY : nowMs - span);
  }

  /** Keeps so much of the past until the returned function is called, though nobody else asks for it any more. */
  hold(ms: number): () => void {
    const held = { ms };
    this.#held.add(held);
    return () => void this.#held.delete(held);
  }

  /** The state as it was at an instant, or as it was when the first note was taken. Not to be changed. */
  at(state: State, atMs: number): State {
    const past = this.#pasts.findLast(({ sinceMs }) => sinceMs <= atMs);
    if (past === undefined || past.revision === state.revision) return state;
    return { ...past.copy, bodies: this.bodies };
  }

  /** Forgets what was over at an instant; at the end of time everything. */
  #forget(untilMs: number): void {
    const isOver = (index: number) => (this.#pasts[index + 1]?.sinceMs ?? Number.POSITIVE_INFINITY) <= untilMs;
    const left = this.#pasts.filter((_past, index) => !isOver(index));
    const over = this.#pasts.filter((_past, index) => isOver(index));
    this.#pasts = left;
    for (const id of over.flatMap(({ dropped }) => dropped)) this.#kept.drop(id);
  }

  #drop(id: string): void {
    const latest = this.#pasts.at(-1);
    if (latest === undefined) this.#kept.drop(id);
    else latest.dropped.push(id);
  }
}

/** The call as it would have been then, by the rights of now. An account that was not there had nothing. */
export function inThePast(call: Call, past: State): Call {
  const { account } = call.caller;
  const nothing = { users: new Map(), groups: new Map(), roles: new Map(), policies: new Map() };
  const then = past.accounts.get(account.accountId) ?? { ...account, ...nothing };
  return { ...call, state: past, caller: { ...call.caller, account: then } };
}
