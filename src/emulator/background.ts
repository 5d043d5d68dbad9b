import { deliverLogs } from './access-log.ts';
import { deleteRetained, deletesAfterRetention } from './compliance.ts';
import { expire } from './expiry.ts';
import { copyDue } from './replicate.ts';
import { type Bucket, DAY_MS, type State } from './state.ts';
import { lifecycleRulesOf } from './subresources/lifecycle.ts';

/**
 * Does what the service does by itself, up to an instant: each thing at its own time, in order, as if somebody had
 * called then. There are no timers: it runs before each call is worked on, and when the clock is moved, so that nobody
 * sees a difference.
 */
export function catchUp(state: State, nowMs: number): void {
  let doneMs = state.workedUntilMs ?? nowMs;
  const next = () => nextWorkMs(state, doneMs, nowMs);
  for (let atMs = next(); atMs <= nowMs; atMs = next()) {
    copyDue(state, atMs);
    deliverLogs(state, atMs);
    for (const bucket of atMs % DAY_MS === 0 ? state.buckets.values() : []) {
      deleteRetained(state, bucket, atMs);
      expire(state, bucket, atMs);
    }
    doneMs = Math.max(doneMs, atMs);
  }
  state.workedUntilMs = Math.max(doneMs, nowMs);
}

/** When there is something to do next, if that is not past `nowMs`; without any daily work a jump over years costs nothing. */
function nextWorkMs(state: State, doneMs: number, nowMs: number): number {
  const midnightMs = midnightAfter(doneMs);
  // This is asked before each call: all buckets are looked at only when a midnight has passed.
  const isDaily = midnightMs <= nowMs && [...state.buckets.values()].some(hasDailyWork);
  const due = [...state.replications, ...state.accessLogs.values()];
  return due.reduce(
    (earliest, { dueMs }) => Math.min(earliest, dueMs),
    isDaily ? midnightMs : Number.POSITIVE_INFINITY,
  );
}

function hasDailyWork(bucket: Bucket): boolean {
  return lifecycleRulesOf(bucket).length > 0 || bucket.uploads.size > 0 || deletesAfterRetention(bucket);
}

/** The service looks once a day, at 00:00 UTC: the first time after an instant. */
function midnightAfter(ms: number): number {
  return (Math.floor(ms / DAY_MS) + 1) * DAY_MS;
}
