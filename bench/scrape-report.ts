import { row, shareLine } from './report.ts';
import { percentile } from './result.ts';
import type { ScrapeResult } from './scrape-result.ts';

/** A scrape may take so long: meanwhile nothing else of the operator runs. */
const TARGET_MS = 50;

/** What a person reads after a run of `--scrapes`. Pure. */
export function scrapeReportOf({ shape, objects, scrapeMs, cpuMs, series, bytes, foreignShare }: ScrapeResult): string {
  const [first = Number.NaN, ...later] = scrapeMs;
  const at = (share: number) => `${percentile(later, share).toFixed(1)} ms`;
  return [
    '',
    `${scrapeMs.length} scrapes of an operator that watches ${objects} objects`,
    row('the first one', `${first.toFixed(1)} ms`, 'the code is cold'),
    row('each later one', `p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)}`, `target at most ${TARGET_MS} ms`),
    row('CPU of one', cpuMs === undefined ? 'not measured' : `${cpuMs.toFixed(1)} ms`, ''),
    row('what it brings', `${series} series, ${(bytes / 1_024).toFixed(0)} KiB`, ''),
    shareLine(shape, [{ foreignShare }]),
    '',
  ].join('\n');
}
