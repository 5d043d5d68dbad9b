import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { test } from 'node:test';
import { Scrape } from '../../test/support/scrape.ts';
import { until } from '../../test/support/until.ts';
import { Metrics } from './metrics.ts';
import { watchProcess } from './process-metrics.ts';

test('process: each scrape tells how it is, and CPU time only grows', async (t) => {
  const metrics = new Metrics({ version: '1' });
  t.after(watchProcess(metrics));
  const first = new Scrape(await metrics.text());
  const second = new Scrape(await metrics.text());
  const value = (name: Parameters<Scrape['sum']>[0]) => second.sum(name) ?? Number.NaN;
  assert.ok(value('cpuSeconds') >= (first.sum('cpuSeconds') ?? Number.NaN));
  assert.ok(value('cpuSeconds') < process.uptime() * 64);
  assert.ok(value('heapUsed') <= value('heapTotal') && value('heapTotal') <= value('residentMemory'));
  assert.ok(value('externalMemory') > 0);
  assert.ok(Math.abs(value('startTime') - (Date.now() / 1_000 - process.uptime())) < 60);
  assert.ok(process.platform !== 'linux' || value('openFiles') > 2);
  assert.deepEqual(second.of('nodeVersion', { version: process.version }).length, 1);
});

test('process: a loop that was kept busy is told as late once, and not without the period of the timer', async (t) => {
  const metrics = new Metrics({ version: '1' });
  t.after(watchProcess(metrics));
  for (let turn = 0; turn < 4; turn++) {
    const end = performance.now() + 300;
    while (performance.now() < end);
    for (let each = 0; each < 2; each++) await new Promise((resolve) => setImmediate(resolve));
  }
  const busy = new Scrape(await metrics.text());
  const most = busy.sum('loopLagMost') ?? Number.NaN;
  assert.ok(most >= 0.15, `${most} s`);
  assert.ok((busy.sum('loopLagMedian') ?? Number.NaN) <= (busy.sum('loopLagHigh') ?? Number.NaN));
  assert.equal(new Scrape(await metrics.text()).sum('loopLagMost'), 0, 'what a scrape told is over');
  const periods = monitorEventLoopDelay({ resolution: 100 });
  periods.enable();
  await until('some periods are over in which nothing keeps it busy', async () => periods.count >= 5);
  periods.disable();
  const median = new Scrape(await metrics.text()).sum('loopLagMedian') ?? Number.NaN;
  assert.ok(median < 0.09, `${median} s: the period of the timer is no delay`);
});
