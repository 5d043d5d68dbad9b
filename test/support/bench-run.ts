import type { BackendCall } from '../../bench/backend.ts';
import { type BenchOptions, parseOptions } from '../../bench/options.ts';

/** Nothing is pinned: the test shares its process. */
export const cores = { count: 1, operator: undefined, others: [] };

/** Nobody hears of the progress. */
export function silent(): void {
  // as intended
}

/** The options of a small run of that mode on the development control plane. */
export function smallRun(mode: string, ...more: readonly string[]): BenchOptions {
  return parseOptions([`--${mode}`, '--quick', '--latency-ms', '1', '--limit-minutes', '3', ...more]);
}

/** A call as the benchmark reads it from the emulator's log. */
export function benchCall(
  operation: string,
  bucket: string,
  atMs: number,
  change: Partial<BackendCall> = {},
): BackendCall {
  const mutating = /^(?:Put|Create|Delete)/.test(operation);
  return { name: operation, operation, bucket, atMs, mutating, userAgent: '', isRefused: false, account: 0, ...change };
}
