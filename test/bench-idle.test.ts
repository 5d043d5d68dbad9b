import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idleDefects, idleFigures, idleReportOf, runIdle } from '../bench/modes/idle.ts';
import { cores, silent, smallRun } from './support/bench-run.ts';

test('idle: two replicas without a Bucket renew a Lease and write nothing', async () => {
  const result = await runIdle(smallRun('idle', '--buckets', '0', '--seconds', '11'), cores, silent);
  assert.ok(result.seconds >= 11);
  assert.ok(result.leaseCalls >= 1 && result.leaseCalls <= 6, `${result.leaseCalls} calls about the Lease`);
  assert.equal(result.span.kubeWrites, 0);
  assert.ok(result.hour.kubeCalls >= (result.leaseCalls / result.seconds) * 3_600);
  assert.deepEqual(idleDefects(result), []);
  const service = { ...result.span.service, writes: 1 };
  assert.match(idleReportOf({ ...result, span: { ...result.span, service } }), /DEFECT: 1 writes to the service/);
});

test('idle: an hour of it, and calls to the service of each Provider', () => {
  const service = { counts: {}, total: 20, writes: 0 };
  const span = { service, kube: { 'watch buckets': 3 }, kubeWrites: 0, cpuSeconds: 0.5, foreignShare: 0 };
  const { hour } = idleFigures({ providers: 2 }, 360, span, 7);
  assert.deepEqual(hour, { kubeCalls: 100, serviceCalls: 100, cpuSeconds: 5 });
});
