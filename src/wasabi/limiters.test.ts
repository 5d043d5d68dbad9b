import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Limiters } from './limiters.ts';

const rate = { requestsPerSecond: 20, burst: 20, maxInFlight: 8 };
const use = (endpoint: string, region: string, accountId: string | undefined, accessKeyId = 'K1') => ({
  settings: { endpoint, region, rate },
  accessKeyId,
  accountId,
  declaredBy: `${endpoint} ${accessKeyId}`,
});

test('two Providers of one account share one limiter, whatever region each names', () => {
  const limiters = new Limiters(new FakeClock());
  const first = limiters.limiterFor(use('https://s3.wasabisys.com', 'us-east-1', '100'));
  assert.equal(limiters.limiterFor(use('https://s3.eu-central-1.wasabisys.com', 'eu-central-1', '100', 'K2')), first);
  assert.notEqual(limiters.limiterFor(use('https://s3.wasabisys.com', 'us-east-1', '200')), first);
  assert.notEqual(limiters.limiterFor(use('https://minio.example.com', 'us-east-1', '100')), first);
});

test('labels of a region count as one service', () => {
  const limiters = new Limiters(new FakeClock());
  const first = limiters.limiterFor(use('http://s3.us-east-1.localhost:9000', 'us-east-1', '100'));
  assert.equal(limiters.limiterFor(use('http://s3.eu-west-1.localhost:9000', 'eu-west-1', '100')), first);
});

test('until the account is known each access key has its own', () => {
  const limiters = new Limiters(new FakeClock());
  const first = limiters.limiterFor(use('https://s3.wasabisys.com', 'us-east-1', undefined, 'K1'));
  assert.equal(limiters.limiterFor(use('https://s3.wasabisys.com', 'us-east-1', undefined, 'K1')), first);
  assert.notEqual(limiters.limiterFor(use('https://s3.wasabisys.com', 'us-east-1', undefined, 'K2')), first);
});

test('the limit of an account is what its Providers asked for, what the service stands now, and until a call what the settings say', async () => {
  const limiters = new Limiters(new FakeClock());
  const settings = (endpoint: string, region: string) => ({ endpoint, region, rate });
  const limit = limiters.limitOf(settings('https://s3.wasabisys.com', 'us-east-1'), '100');
  assert.deepEqual([limit.account, limit.perSecond()], ['100', 20]);
  const slow = use('https://s3.eu-central-1.wasabisys.com', 'eu-central-1', '100');
  const lower = { ...rate, requestsPerSecond: 8 };
  const limiter = limiters.limiterFor({ ...slow, settings: { ...slow.settings, rate: lower } });
  assert.equal(limit.perSecond(), 8);
  (await limiter.acquire({ namespace: 'a', signal: new AbortController().signal })).throttled(1);
  assert.equal(limit.perSecond(), 4);

  const idOf = (endpoint: string, region: string, account: string) =>
    limiters.limitOf(settings(endpoint, region), account).id;
  assert.equal(idOf('https://s3.eu-central-1.wasabisys.com', 'eu-central-1', '100'), limit.id);
  assert.notEqual(idOf('https://s3.wasabisys.com', 'us-east-1', '200'), limit.id);
  assert.notEqual(idOf('https://minio.example.com', 'us-east-1', '100'), limit.id);
});

test('an account that nobody asked for in an hour is forgotten, unless a call runs', async () => {
  const clock = new FakeClock();
  const limiters = new Limiters(clock);
  const idle = limiters.limiterFor(use('https://s3.wasabisys.com', 'us-east-1', '1'));
  const busy = limiters.limiterFor(use('https://s3.wasabisys.com', 'us-east-1', '2'));
  await busy.acquire({ namespace: 'a', signal: new AbortController().signal });
  clock.advance(3_600_001);
  limiters.limiterFor(use('https://s3.wasabisys.com', 'us-east-1', '3'));
  assert.equal(limiters.limiterFor(use('https://s3.wasabisys.com', 'us-east-1', '2')), busy);
  assert.notEqual(limiters.limiterFor(use('https://s3.wasabisys.com', 'us-east-1', '1')), idle);
});

test('what is limited is told with the account', async () => {
  const seen: string[] = [];
  const limiters = new Limiters(new FakeClock(), (account, source) => seen.push(`${account} ${source}`));
  const limiter = limiters.limiterFor(use('https://s3.wasabisys.com', 'us-east-1', '100'));
  (await limiter.acquire({ namespace: 'a', signal: new AbortController().signal })).throttled(1);
  assert.deepEqual(seen, ['100 throttled']);
});
