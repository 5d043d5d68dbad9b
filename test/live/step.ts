import { setTimeout as sleep } from 'node:timers/promises';

/** What one step of the operator's run came to. */
export interface StepResult {
  readonly title: string;
  /** What was seen, or why it failed. */
  readonly seen: string;
  readonly outcome: 'ok' | 'failed' | 'not tried';
}

/** One thing that the operator has to do; it tells what was seen. @throws Error when it was not done */
export interface Step<Place> {
  readonly title: string;
  /** Tried though a step before it failed: what was made has to go. */
  readonly isLast?: boolean;
  run(place: Place): Promise<string>;
}

/** A live service takes its time: a new key, a changed policy. */
const PATIENCE_MS = 180_000;
const PAUSE_MS = 250;

/**
 * Makes one step after the other; one that fails has the others left out, but for the last.
 * @param signal aborted: nothing more is tried, but for the last
 */
export async function runSteps<Place>(
  steps: readonly Step<Place>[],
  place: Place,
  signal: AbortSignal,
  say: (result: StepResult) => void,
): Promise<readonly StepResult[]> {
  const results: StepResult[] = [];
  let isGoingOn = true;
  for (const step of steps) {
    const { title } = step;
    const isTried = (isGoingOn && !signal.aborted) || step.isLast === true;
    const result: StepResult = isTried
      ? await tried(title, () => step.run(place))
      : { title, outcome: 'not tried', seen: signal.aborted ? 'interrupted' : 'a step before it failed' };
    isGoingOn &&= result.outcome === 'ok';
    results.push(result);
    say(result);
  }
  return results;
}

async function tried(title: string, run: () => Promise<string>): Promise<StepResult> {
  const from = performance.now();
  try {
    const seen = await run();
    const seconds = ((performance.now() - from) / 1_000).toFixed(1);
    return { title, outcome: 'ok', seen: `${seen}; ${seconds} s` };
  } catch (thrown) {
    return { title, outcome: 'failed', seen: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

/**
 * Asks until there is an answer. `ask`: resolves to `undefined` while it is not so.
 * @throws Error that names `what` and the last word of `told`, after three minutes
 */
export async function within<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  told: () => string = () => 'no more is known',
): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${PATIENCE_MS / 1_000} s; ${told()}`);
    await sleep(PAUSE_MS);
  }
}
