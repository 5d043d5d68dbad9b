import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock, waitFor } from '../../test/support/fake-clock.ts';
import { json, plainAccess, startLoopbackServer, status } from '../../test/support/loopback-server.ts';
import type { ResourceType } from '../api/meta.ts';
import { KubeClient } from './kube-client.ts';
import { RememberingKube } from './own-writes.ts';
import { ObjectStore } from './store.ts';

const THINGS: ResourceType = { group: '', version: 'v1', plural: 'things', kind: 'Thing', namespaced: true };
const KEY = { namespace: 'a', name: 'x' };

async function world(t: TestContext) {
  let version = 0;
  const held: (() => void)[] = [];
  const server = await startLoopbackServer(t, (request, response) => {
    if (request.body.includes('refuse')) return status(response, 409, 'Conflict');
    version++;
    const metadata = { name: 'x', namespace: 'a', uid: 'u', resourceVersion: String(version), creationTimestamp: '' };
    held.push(() => json(response, 200, { apiVersion: 'v1', kind: 'Thing', metadata }));
  });
  const store = new ObjectStore();
  store.addFeed({ relist: () => undefined, refresh: () => undefined });
  const client = new KubeClient({
    access: plainAccess(server.url),
    clock: new FakeClock(),
    random: () => 0,
    userAgent: 't',
  });
  t.after(() => client.close());
  const kube = new RememberingKube(client, (type) => (type.plural === 'things' ? store : undefined));
  return { server, held, store, kube, seen: () => store.get(KEY)?.metadata.resourceVersion };
}

test('the answer to a write is what readers see next', async (t) => {
  const { held, kube, seen } = await world(t);
  const created = kube.create(THINGS, 'a', { metadata: { name: 'x' } });
  await waitFor('the create', () => held.length === 1);
  assert.equal(seen(), undefined);
  held[0]?.();
  await created;
  assert.equal(seen(), '1');
});

test('a refused write, a dry run and a kind that nobody watches leave no trace', async (t) => {
  const { held, kube, seen } = await world(t);
  await assert.rejects(kube.patch(THINGS, KEY, { type: 'merge', body: { refuse: true } }), { code: 409 });
  const dry = kube.patch(THINGS, KEY, { type: 'merge', body: {} }, { isDryRun: true });
  const dryCreate = kube.create(THINGS, 'a', { metadata: { name: 'x' } }, { isDryRun: true });
  const other = kube.patch({ ...THINGS, plural: 'others' }, KEY, { type: 'merge', body: {} });
  await waitFor('the requests', () => held.length === 3);
  for (const answer of held) answer();
  await Promise.all([dry, dryCreate, other]);
  assert.equal(seen(), undefined);
});

test('writes to one object go one after another, a failed one included; other objects do not wait', async (t) => {
  const { server, held, kube, seen } = await world(t);
  const patch = (body: object) => kube.patch(THINGS, KEY, { type: 'merge', body });
  const first = patch({ n: 1 });
  const refused = assert.rejects(patch({ refuse: true }));
  const third = patch({ n: 3 });
  const elsewhere = kube.patch(THINGS, { ...KEY, name: 'y' }, { type: 'merge', body: {} });
  await waitFor('the first and the other', () => held.length === 2);
  assert.equal(server.seen.length, 2);
  for (const answer of held) answer();
  await Promise.all([first, elsewhere, refused]);
  await waitFor('the third', () => held.length === 3);
  held[2]?.();
  await third;
  assert.equal(seen(), '3');
});
