import assert from 'node:assert/strict';
import { type Boundary, boundaryText } from '../support/boundary.ts';
import type { TestCluster } from '../support/cluster.ts';
import { assertSame, type PathRun, runPath, type TimelineEntry } from '../support/crash.ts';
import type { VictimIn } from '../support/crash-victim.ts';
import { type Learned, learn } from './learn.ts';
import { PATHS } from './paths.ts';
import { type Plan, planText } from './plan.ts';

/** A plan that did not come about is tried so often: a call may be made in some runs only. */
const TRIES = 3;
/** One run in so many is looked at for a drift interval more. */
const STAY = 5;

/** What a run of a plan showed. */
export interface Outcome {
  readonly plan: Plan;
  /** Held: it came to its end, and no invariant was broken. Missed: the calls of the plan were not made. */
  readonly type: 'Held' | 'Broken' | 'Missed';
  readonly seconds: number;
  /** Of `Broken`. */
  readonly finding?: Finding;
}

/** Something that went wrong. */
export interface Finding {
  /** The first thing that was not as it must be. */
  readonly what: string;
  readonly timeline: readonly TimelineEntry[];
  /** In how many of two more runs it went wrong again. */
  readonly again: number;
}

/** What plans are run on. */
export interface Stage {
  readonly cluster: TestCluster;
  readonly victimIn: VictimIn;
}

/** Learns paths and runs plans; a path is learnt once. */
export class Harness {
  readonly #stage: Stage;
  readonly #learned = new Map<string, Promise<Learned>>();
  #runs = 0;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** @throws Error when undisturbed runs differ */
  learn(title: string): Promise<Learned> {
    const known = this.#learned.get(title);
    if (known !== undefined) return known;
    const path = PATHS.get(title);
    if (path === undefined) throw new Error(`there is no path called ${JSON.stringify(title)}`);
    const learning = learn(path, this.#stage);
    this.#learned.set(title, learning);
    return learning;
  }

  /** Runs a plan, and once more what goes wrong. Never rejects for what the operator does. */
  async run(plan: Plan): Promise<Outcome> {
    const { reference } = await this.learn(plan.path);
    const startedMs = performance.now();
    const seconds = () => (performance.now() - startedMs) / 1_000;
    for (let tried = 0; tried < TRIES; tried += 1) {
      const first = await this.#once(plan, reference);
      if (first.what !== undefined) {
        const [second, third] = [await this.#once(plan, reference), await this.#once(plan, reference)];
        const again = [second, third].filter(({ what }) => what !== undefined).length;
        return {
          plan,
          type: 'Broken',
          seconds: seconds(),
          finding: { what: first.what, timeline: first.timeline, again },
        };
      }
      if (first.faults >= plan.faults.length) return { plan, type: 'Held', seconds: seconds() };
    }
    return { plan, type: 'Missed', seconds: seconds() };
  }

  async #once(
    plan: Plan,
    reference: PathRun,
  ): Promise<{
    readonly faults: number;
    readonly what: string | undefined;
    readonly timeline: readonly TimelineEntry[];
  }> {
    const path = PATHS.get(plan.path);
    assert.ok(path);
    const timeline: TimelineEntry[] = [];
    const options = {
      ...this.#stage,
      staysLong: this.#runs++ % STAY === 0,
      end: reference.end,
      killsAtEnd: plan.killsAtEnd === true,
      tell: (entry: TimelineEntry) => timeline.push(entry),
    };
    try {
      const run = await runPath(path, plan.faults, options);
      const [first] = run.broken;
      if (first !== undefined) return { faults: run.faults, what: `${first.invariant}: ${first.what}`, timeline };
      assertSame(run, reference, planText(plan));
      return { faults: run.faults, what: undefined, timeline };
    } catch (error) {
      return { faults: plan.faults.length, what: error instanceof Error ? error.message : String(error), timeline };
    }
  }
}

/** A learnt call and what became of it. */
export interface Covered {
  readonly path: string;
  readonly boundary: Boundary;
  /** Verdicts that came about there, with how it went. */
  readonly verdicts: ReadonlyMap<string, Outcome['type']>;
}

/** Which verdicts came about at each learnt call, by single faults. Pure. */
export function coverage(learned: readonly Learned[], outcomes: readonly Outcome[]): readonly Covered[] {
  const found = new Map<string, Map<string, Outcome['type']>>();
  for (const { plan, type } of outcomes) {
    const [fault] = plan.faults;
    if (fault === undefined || plan.faults.length > 1) continue;
    const id = `${plan.path}: ${boundaryText(fault)}`;
    found.set(id, (found.get(id) ?? new Map<string, Outcome['type']>()).set(fault.verdict, type));
  }
  return learned.flatMap(({ path, boundaries }) =>
    boundaries.map((boundary) => ({
      path: path.title,
      boundary,
      verdicts: found.get(`${path.title}: ${boundaryText(boundary)}`) ?? new Map<string, Outcome['type']>(),
    })),
  );
}

/** Learnt calls at which one of these verdicts never came about. Pure. */
export function uncovered(covered: readonly Covered[], verdicts: readonly string[]): readonly string[] {
  return covered.flatMap(({ path, boundary, verdicts: found }) =>
    verdicts
      .filter((verdict) => (found.get(verdict) ?? 'Missed') === 'Missed')
      .map((verdict) => `${path}: ${verdict} ${boundaryText(boundary)}`),
  );
}
