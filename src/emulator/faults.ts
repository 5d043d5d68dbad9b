import type { Random } from '../runtime/clock.ts';
import type { ServiceName } from './authentication.ts';
import { contradictionIn, operationProblem } from './fault-contradiction.ts';
import type { FaultEffect, FaultRule } from './fault-schema.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a call is matched by. */
export interface FaultTarget {
  readonly service: ServiceName;
  readonly operation: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly userName: string | undefined;
  readonly policy: string | undefined;
  readonly accessKeyId: string | undefined;
  /** Whether it looks at what the service remembers and changes nothing: such a call can be answered from the past. */
  readonly isRead: boolean;
}

interface Armed {
  readonly id: number;
  readonly rule: FaultRule;
  /** Of a rule that throttles by rate. */
  readonly tokens: TokenBucket | undefined;
  skip: number;
  left: number;
}

interface Waiter {
  readonly id: number;
  readonly resolve: () => void;
}

/** What faults go by. */
export interface FaultOptions {
  /** Of the probabilities; default: Math.random. */
  readonly random?: Random | undefined;
  /** The time of the service in milliseconds; default: the machine's. */
  readonly now?: () => number;
}

type Word = Exclude<keyof FaultTarget, 'isRead'>;
const WORDS = Object.keys({
  service: true,
  operation: true,
  bucket: true,
  key: true,
  userName: true,
  policy: true,
  accessKeyId: true,
} satisfies Readonly<Record<Word, true>>) as readonly Word[]; // it has no other keys
/** After these the next rule that matches has its turn, too. */
const GOES_ON: ReadonlySet<FaultEffect['type']> = new Set(['latency', 'skew', 'stale']);

/** The faults that are armed. */
export class Faults {
  #armed: Armed[] = [];
  #waiters: Waiter[] = [];
  readonly #hits = new Set<number>();
  #lastId = 0;
  readonly #random: Random;
  readonly #now: () => number;

  constructor({ random = Math.random, now = () => Date.now() }: FaultOptions = {}) {
    this.#random = random;
    this.#now = now;
  }

  /** @returns the number of the rule. @throws Error naming why it could never hit a call */
  add(rule: FaultRule): number {
    const { operation = '*' } = rule;
    const problem = operationProblem(operation);
    if (problem !== undefined) throw new Error(`operation: ${problem}`);
    const contradiction = contradictionIn(rule);
    if (contradiction !== undefined) throw new Error(`${contradiction.path.join('.')}: ${contradiction.message}`);
    const { effect, skip = 0, count = Number.POSITIVE_INFINITY } = rule;
    const tokens = effect.type === 'rate' ? new TokenBucket(effect.perSecond, effect.burst, this.#now()) : undefined;
    this.#lastId += 1;
    this.#armed.push({ id: this.#lastId, rule, tokens, skip, left: count });
    return this.#lastId;
  }

  /** Takes one rule away, or all. */
  clear(id?: number): void {
    this.#armed = id === undefined ? [] : this.#armed.filter((armed) => armed.id !== id);
  }

  /** The rules as they stand, with how many calls each still hits (`null`: no end). */
  list(): readonly { readonly id: number; readonly rule: FaultRule; readonly left: number | null }[] {
    return this.#armed.map(({ id, rule, left }) => ({ id, rule, left: Number.isFinite(left) ? left : null }));
  }

  /** How old the oldest answer may be that a rule asks for, in milliseconds; 0: none does. */
  get stalestMs(): number {
    return this.#armed.reduce(
      (most, { rule: { effect } }) => Math.max(most, effect.type === 'stale' ? effect.ms : 0),
      0,
    );
  }

  /** Resolves when the rule has hit a call: at once if it has already. */
  whenHit(id: number): Promise<void> {
    if (this.#hits.has(id)) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ id, resolve }));
  }

  /** What happens to this call, in order; counts it. Only the last one can be of a kind that ends the matter. */
  hit(target: FaultTarget): readonly FaultEffect[] {
    const effects: FaultEffect[] = [];
    for (const armed of this.#armed) {
      if (!matches(armed.rule, target) || !this.#isHit(armed)) continue;
      const { effect } = armed.rule;
      armed.left -= 1;
      effects.push(effect);
      this.#note(armed.id);
      if (!GOES_ON.has(effect.type)) break;
    }
    this.#armed = this.#armed.filter(({ left }) => left > 0);
    return effects;
  }

  #isHit(armed: Armed): boolean {
    if (armed.skip > 0) {
      armed.skip -= 1;
      return false;
    }
    const { probability = 1 } = armed.rule;
    if (probability < 1 && this.#random() >= probability) return false;
    return armed.tokens?.take(this.#now()) !== true;
  }

  #note(id: number): void {
    this.#hits.add(id);
    for (const waiter of this.#waiters) if (waiter.id === id) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => waiter.id !== id);
  }
}

function matches(rule: FaultRule, target: FaultTarget): boolean {
  if (rule.effect.type === 'stale' && !target.isRead) return false;
  return WORDS.every((word) => {
    const wanted = rule[word];
    return wanted === undefined || wanted === target[word] || (word === 'operation' && wanted === '*');
  });
}
