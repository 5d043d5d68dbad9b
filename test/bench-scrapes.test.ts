import assert from 'node:assert/strict';
import { test } from 'node:test';
import { divideCores } from '../bench/cores.ts';
import { parseOptions } from '../bench/options.ts';
import { scrapeReportOf } from '../bench/scrape-report.ts';
import { runScrapes } from '../bench/scrape-run.ts';
import { benchProblem } from './support/bench-problem.ts';

test('scrapes: ten objects, read a hundred times, and a report', async () => {
  const options = parseOptions(['--scrapes', '--objects', '10']);
  assert.equal(options.controlPlane, 'dev');
  const result = await runScrapes(options, divideCores(), () => undefined);
  assert.equal(result.objects, 10);
  assert.equal(result.scrapeMs.length, 101);
  assert.ok(result.scrapeMs.every((ms) => ms > 0));
  assert.ok(result.series > 100 && result.bytes > result.series * 20, `${result.series} series, ${result.bytes} bytes`);
  const report = scrapeReportOf({ ...result, scrapeMs: [90, 5, 7, 6], cpuMs: 4.25 });
  assert.match(report, /4 scrapes of an operator that watches 10 objects/);
  assert.match(report, /the first one +90\.0 ms/);
  assert.match(report, /p50 6\.0 ms, p99 7\.0 ms, most 7\.0 ms +\(target at most 50 ms\)/);
});

test('scrapes: it goes with no other run', () => {
  assert.match(benchProblem('--scrapes', '--overhead'), /--overhead with --scrapes/);
  assert.equal(parseOptions(['--scrapes', '--quick']).objects, 500);
});
