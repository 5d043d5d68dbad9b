import type { Clock } from '../runtime/clock.ts';
import { type State, touch } from './state.ts';

/** The longest way that the clock goes ahead at once: a hundred years. */
export const MAX_ADVANCE_MS = 100 * 365 * 24 * 3600 * 1000;

/** The time of the service: the machine's, and as much as it was moved ahead. Durations and timers stay the machine's. */
export function serviceClock(machine: Clock, state: State): Clock {
  return {
    now: () => machine.now() + state.advancedMs,
    monotonicMs: () => machine.monotonicMs(),
    setTimer: (delayMs, callback) => machine.setTimer(delayMs, callback),
  };
}

/** Moves the service's clock ahead. @throws Error for what is no time, or leads back */
export function advance(state: State, ms: unknown): void {
  if (typeof ms !== 'number' || !(ms >= 0 && ms <= MAX_ADVANCE_MS)) {
    throw new Error(`advanceMs: ${JSON.stringify(ms)} must be a number from 0 to ${MAX_ADVANCE_MS}`);
  }
  state.advancedMs += Math.trunc(ms);
  touch(state);
}

/**
 * The time that a signature is held against. Clients sign by the machine's clock, or by what some answer told them of the
 * service's, which was moved on since: every time from the one to the other is right.
 */
export function timeForSignature(state: State, signedMs: number, nowMs: number): number {
  return Math.min(Math.max(signedMs, nowMs - state.advancedMs), nowMs);
}
