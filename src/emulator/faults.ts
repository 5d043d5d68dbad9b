import type { Random } from '../runtime/clock.ts';
import type { ServiceName } from './authentication.ts';

/** What a fault does to a call. */
export type FaultEffect =
  /** Answers that instead of working on the call. `retryAfterSeconds` goes into the header of that name. */
  | {
      readonly type: 'error';
      readonly status: number;
      readonly code: string;
      readonly retryAfterSeconds?: number;
    }
  /** 503 SlowDown instead of working on the call (W39). */
  | { readonly type: 'throttle'; readonly retryAfterSeconds?: number }
  /** Waits before working on the call. */
  | { readonly type: 'latency'; readonly ms: number }
  /** Never answers. The call has its effect only with `when: 'after'`. */
  | { readonly type: 'hang'; readonly when?: 'before' | 'after' }
  /**
   * Resets the connection: `before` the call has its effect, `after` it, so that the answer is lost, or in the middle
   * of the `body` of the answer.
   */
  | { readonly type: 'reset'; readonly when: 'before' | 'after' | 'body' };

/** Which calls a fault hits. Absent fields hit all. */
export interface FaultRule {
  readonly service?: ServiceName;
  /** AWS's name of the operation, or `*`. */
  readonly operation?: string;
  readonly bucket?: string;
  readonly key?: string;
  /** The user that an IAM call names. */
  readonly userName?: string;
  /** The policy that an IAM call names, by its name or its ARN. */
  readonly policy?: string;
  readonly accessKeyId?: string;
  /** So many matching calls pass first; default 0. */
  readonly skip?: number;
  /** So many are hit; default: every one until the rule is taken away. */
  readonly count?: number;
  /** The share of matching calls that is hit, from 0 to 1; default 1. The others pass and are not counted. */
  readonly probability?: number;
  readonly effect: FaultEffect;
}

/** What a call is matched by. */
export interface FaultTarget {
  readonly service: ServiceName;
  readonly operation: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
  readonly userName: string | undefined;
  readonly policy: string | undefined;
  readonly accessKeyId: string | undefined;
}

interface Armed {
  readonly id: number;
  readonly rule: FaultRule;
  skip: number;
  left: number;
}

interface Waiter {
  readonly id: number;
  readonly resolve: () => void;
}

const MAX_MS = 600_000;
const FIELDS = ['bucket', 'key', 'userName', 'policy', 'accessKeyId'] as const;

/** The faults that are armed. The first rule that matches decides; latency adds up with the next. */
export class Faults {
  #armed: Armed[] = [];
  #waiters: Waiter[] = [];
  readonly #hits = new Set<number>();
  #lastId = 0;
  readonly #random: Random;

  constructor(random: Random = Math.random) {
    this.#random = random;
  }

  /** @returns the number of the rule. @throws Error naming what is wrong with it */
  add(rule: FaultRule): number {
    const problem = problemOf(rule);
    if (problem !== undefined) throw new Error(problem);
    this.#lastId += 1;
    this.#armed.push({ id: this.#lastId, rule, skip: rule.skip ?? 0, left: rule.count ?? Number.POSITIVE_INFINITY });
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

  /** Resolves when the rule has hit a call: at once if it has already. */
  whenHit(id: number): Promise<void> {
    if (this.#hits.has(id)) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ id, resolve }));
  }

  /** What happens to this call, in order; counts it. */
  hit(target: FaultTarget): readonly FaultEffect[] {
    const effects: FaultEffect[] = [];
    for (const armed of this.#armed) {
      if (!matches(armed.rule, target)) continue;
      if (armed.skip > 0) {
        armed.skip -= 1;
        continue;
      }
      const { probability = 1, effect } = armed.rule;
      if (probability < 1 && this.#random() >= probability) continue;
      armed.left -= 1;
      effects.push(effect);
      this.#note(armed.id);
      if (effect.type !== 'latency') break;
    }
    this.#armed = this.#armed.filter(({ left }) => left > 0);
    return effects;
  }

  #note(id: number): void {
    this.#hits.add(id);
    for (const waiter of this.#waiters) if (waiter.id === id) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => waiter.id !== id);
  }
}

function matches(rule: FaultRule, target: FaultTarget): boolean {
  const isService = rule.service === undefined || rule.service === target.service;
  const isOperation = rule.operation === undefined || rule.operation === '*' || rule.operation === target.operation;
  return (
    isService && isOperation && FIELDS.every((field) => rule[field] === undefined || rule[field] === target[field])
  );
}

const WORDS = ['service', 'operation', ...FIELDS] as const;
const RULE_FIELDS = new Set<string>([...WORDS, 'skip', 'count', 'probability', 'effect']);

/** What is wrong with a rule, which may have come from outside as any JSON; `undefined`: nothing. */
function problemOf(rule: FaultRule): string | undefined {
  const stranger = Object.keys(rule).find((name) => !RULE_FIELDS.has(name));
  if (stranger !== undefined) return `${stranger}: a rule has only ${[...RULE_FIELDS].join(', ')}`;
  const word = WORDS.find((name) => rule[name] !== undefined && typeof rule[name] !== 'string');
  if (word !== undefined) return `${word}: ${JSON.stringify(rule[word])} must be text`;
  const { effect, skip, count, probability } = rule;
  if (skip !== undefined && !(Number.isInteger(skip) && skip >= 0)) {
    return `skip: ${skip} must be a whole number from 0`;
  }
  if (count !== undefined && !(Number.isInteger(count) && count > 0)) {
    return `count: ${count} must be a whole number from 1`;
  }
  if (probability !== undefined && !(probability >= 0 && probability <= 1)) {
    return `probability: ${probability} must be 0 to 1`;
  }
  return effectProblemOf(effect);
}

function effectProblemOf(effect: FaultEffect): string | undefined {
  switch (effect.type) {
    case 'error':
      if (!isWithin(effect.status, 400, 599)) return `effect.status: ${effect.status} must be 400 to 599`;
      if (typeof effect.code !== 'string') return `effect.code: ${String(effect.code)} must be text`;
      return retryProblemOf(effect.retryAfterSeconds);
    case 'throttle':
      return retryProblemOf(effect.retryAfterSeconds);
    case 'latency':
      return isWithin(effect.ms, 0, MAX_MS) ? undefined : `effect.ms: ${effect.ms} must be 0 to ${MAX_MS}`;
    case 'hang':
      return oneOf(effect.when ?? 'before', ['before', 'after']);
    case 'reset':
      return oneOf(effect.when, ['before', 'after', 'body']);
  }
}

function isWithin(value: unknown, low: number, high: number): boolean {
  return typeof value === 'number' && value >= low && value <= high;
}

function retryProblemOf(seconds: number | undefined): string | undefined {
  if (seconds === undefined || isWithin(seconds, 0, Number.MAX_SAFE_INTEGER)) return undefined;
  return `effect.retryAfterSeconds: ${seconds} must be a number from 0`;
}

function oneOf(when: string, allowed: readonly string[]): string | undefined {
  return allowed.includes(when) ? undefined : `effect.when: ${when} must be one of ${allowed.join(', ')}`;
}
