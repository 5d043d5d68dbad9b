/** What a fault does to a call. */
export type FaultEffect =
  /** Answers that instead of working on the call. `retryAfterSeconds` goes into the header of that name. */
  | {
      readonly type: 'error';
      readonly status: number;
      readonly code: string;
      readonly retryAfterSeconds?: number;
    }
  /** Waits before working on the call. */
  | { readonly type: 'latency'; readonly ms: number }
  /** Takes the call in, has no effect, and never answers. */
  | { readonly type: 'hang' }
  /** Cuts the connection: `before` the call has its effect, or `after`, so that the answer is lost. */
  | { readonly type: 'reset'; readonly when: 'before' | 'after' };

/** Which calls a fault hits. Absent fields hit all. */
export interface FaultRule {
  /** AWS's name of the operation, or `*`. */
  readonly operation?: string;
  readonly bucket?: string;
  readonly key?: string;
  /** So many matching calls pass first; default 0. */
  readonly skip?: number;
  /** So many are hit; default: every one until the rule is taken away. */
  readonly count?: number;
  readonly effect: FaultEffect;
}

/** What a call is matched by. */
export interface FaultTarget {
  readonly operation: string;
  readonly bucket: string | undefined;
  readonly key: string | undefined;
}

interface Armed {
  readonly id: number;
  readonly rule: FaultRule;
  skip: number;
  left: number;
}

const MAX_MS = 600_000;

/** The faults that are armed. The first rule that matches decides; latency adds up with the next. */
export class Faults {
  #armed: Armed[] = [];
  #lastId = 0;

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

  /** What happens to this call, in order; counts it. */
  hit(target: FaultTarget): readonly FaultEffect[] {
    const effects: FaultEffect[] = [];
    for (const armed of this.#armed) {
      if (!matches(armed.rule, target)) continue;
      if (armed.skip > 0) {
        armed.skip -= 1;
        continue;
      }
      armed.left -= 1;
      effects.push(armed.rule.effect);
      if (armed.rule.effect.type !== 'latency') break;
    }
    this.#armed = this.#armed.filter(({ left }) => left > 0);
    return effects;
  }
}

function matches(rule: FaultRule, target: FaultTarget): boolean {
  const isOperation = rule.operation === undefined || rule.operation === '*' || rule.operation === target.operation;
  const isBucket = rule.bucket === undefined || rule.bucket === target.bucket;
  return isOperation && isBucket && (rule.key === undefined || rule.key === target.key);
}

function problemOf({ effect, skip, count }: FaultRule): string | undefined {
  if (skip !== undefined && !(Number.isInteger(skip) && skip >= 0))
    return `skip: ${skip} must be a whole number from 0`;
  if (count !== undefined && !(Number.isInteger(count) && count > 0))
    return `count: ${count} must be a whole number from 1`;
  switch (effect.type) {
    case 'error':
      return effect.status >= 400 && effect.status <= 599
        ? undefined
        : `effect.status: ${effect.status} must be 400 to 599`;
    case 'latency':
      return effect.ms >= 0 && effect.ms <= MAX_MS ? undefined : `effect.ms: ${effect.ms} must be 0 to ${MAX_MS}`;
    case 'hang':
    case 'reset':
      return undefined;
  }
}
