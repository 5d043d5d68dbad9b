import type { BenchResult } from './result.ts';

/** A run of `--scrapes`. */
export interface ScrapeResult extends Pick<BenchResult, 'shape'> {
  /** That the operator watches. */
  readonly objects: number;
  /** How long each scrape took, one after another, from the request to the last byte; ms. */
  readonly scrapeMs: readonly number[];
  /** CPU of the operator for one of them, ms; undefined where /proc is missing. */
  readonly cpuMs: number | undefined;
  /** What a scrape brought. */
  readonly series: number;
  readonly bytes: number;
  /** Of the operator's core, what others took meanwhile. */
  readonly foreignShare: number | undefined;
}
