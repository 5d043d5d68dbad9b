import assert from 'node:assert/strict';
import type { Answer } from './client.ts';
import { at, listAt, namesIn, textAt } from './json.ts';
import { expectRefused } from './refusal.ts';
import type { ConformanceCase, World } from './world.ts';

/** Creates widgets of these names in this order and answers their resourceVersions. */
async function widgets(world: World, names: readonly string[]): Promise<readonly string[]> {
  const versions: string[] = [];
  for (const name of names) {
    const widget = await world.create('widgets', { metadata: { name, labels: { name } }, spec: {} });
    versions.push(textAt(widget, 'metadata.resourceVersion'));
  }
  return versions;
}

function list(world: World, query: Readonly<Record<string, string>>): Promise<Answer> {
  return world.client.call('GET', world.path('widgets'), { query });
}

const far = '999999999';

/** Lists: their shape, pages, and which moment they show. */
export const listCases: readonly ConformanceCase[] = [
  {
    id: 'list/shape-and-order',
    run: async (world) => {
      await widgets(world, ['b', 'a', 'c']);
      const all = await world.list('widgets');
      assert.partialDeepStrictEqual(all, { kind: 'WidgetList', apiVersion: 'conformance.example.com/v1' });
      assert.notEqual(textAt(all, 'metadata.resourceVersion'), '');
      assert.deepEqual(namesIn(all), ['a', 'b', 'c']);
      assert.partialDeepStrictEqual(at(all, 'items.0'), { kind: 'Widget', metadata: { namespace: world.namespace } });
    },
  },
  {
    id: 'list/items-of-built-in-kinds-do-not-name-their-kind',
    run: async (world) => {
      await world.create('configmaps', { metadata: { name: 'm' } });
      const all = await world.list('configmaps');
      assert.equal(at(all, 'kind'), 'ConfigMapList');
      assert.equal(at(all, 'items.0.kind'), undefined);
    },
  },
  {
    id: 'list/empty-is-an-empty-array',
    run: async (world) => {
      assert.deepEqual(at(await world.list('configmaps'), 'items'), []);
      assert.deepEqual(at(await world.list('widgets'), 'items'), []);
    },
  },
  {
    id: 'list/over-all-namespaces',
    run: async (world) => {
      const mine = world.unique('mine');
      await world.create('widgets', { metadata: { name: 'w', labels: { mine } }, spec: {} });
      const query = { labelSelector: `mine=${mine}` };
      const answer = await world.client.call('GET', '/apis/conformance.example.com/v1/widgets', { query });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(
        listAt(answer.body, 'items').map((item) => at(item, 'metadata.namespace')),
        [world.namespace],
      );
    },
  },
  {
    id: 'paging/limit-and-continue-walk-one-moment',
    run: async (world) => {
      await widgets(world, ['a', 'b', 'c', 'd', 'e']);
      const first = await world.list('widgets', { limit: '2' });
      assert.deepEqual(namesIn(first), ['a', 'b']);
      assert.equal(at(first, 'metadata.remainingItemCount'), 3);
      const token = textAt(first, 'metadata.continue');
      const second = await world.list('widgets', { limit: '2', continue: token });
      assert.deepEqual(namesIn(second), ['c', 'd']);
      assert.equal(at(second, 'metadata.remainingItemCount'), 1);
      await world.delete('widgets', 'e');
      await world.create('widgets', { metadata: { name: 'f' }, spec: {} });
      const third = await world.list('widgets', { limit: '2', continue: textAt(second, 'metadata.continue') });
      assert.deepEqual(namesIn(third), ['e'], 'the pages show the moment of the first one');
      assert.equal(at(third, 'metadata.continue') ?? '', '');
      assert.equal(at(third, 'metadata.remainingItemCount'), undefined);
      const version = at(first, 'metadata.resourceVersion');
      assert.deepEqual(
        [second, third].map((page) => at(page, 'metadata.resourceVersion')),
        [version, version],
      );
    },
  },
  {
    id: 'paging/the-rest-is-not-counted-under-a-selector',
    run: async (world) => {
      await widgets(world, ['a', 'b', 'c']);
      const page = await world.list('widgets', { limit: '1', labelSelector: 'name in (b, c)' });
      assert.deepEqual(namesIn(page), ['b']);
      assert.equal(at(page, 'metadata.remainingItemCount'), undefined);
      const token = textAt(page, 'metadata.continue');
      const rest = await world.list('widgets', { labelSelector: 'name in (b, c)', continue: token });
      assert.deepEqual(namesIn(rest), ['c']);
    },
  },
  {
    id: 'paging/no-token-when-all-fits',
    run: async (world) => {
      await widgets(world, ['a', 'b']);
      const page = await world.list('widgets', { limit: '2' });
      assert.equal(at(page, 'metadata.continue') ?? '', '');
    },
  },
  {
    id: 'paging/a-bad-token-is-400',
    run: async (world) => {
      expectRefused(await list(world, { continue: 'nonsense' }), { code: 400, reason: 'BadRequest' });
    },
  },
  {
    id: 'paging/a-token-of-a-compacted-moment-is-410-expired',
    needsCompaction: true,
    run: async (world) => {
      await widgets(world, ['a', 'b', 'c']);
      const token = textAt(await world.list('widgets', { limit: '1' }), 'metadata.continue');
      await widgets(world, ['d']);
      await world.server.compact?.();
      const answer = await world.until(
        `${world.path('widgets')}?limit=1&continue=${encodeURIComponent(token)}`,
        ({ status }) => status !== 200,
      );
      expectRefused(answer, { code: 410, reason: 'Expired' });
      const next = await world.list('widgets', { limit: '1', continue: textAt(answer.body, 'metadata.continue') });
      assert.deepEqual(namesIn(next), ['b'], 'the new token goes on at the same place, with the newest state');
    },
  },
  {
    id: 'resource-version/a-list-at-zero-may-be-any-state-and-has-a-version',
    run: async (world) => {
      await widgets(world, ['a']);
      assert.notEqual(textAt(await world.list('widgets', { resourceVersion: '0' }), 'metadata.resourceVersion'), '');
    },
  },
  {
    id: 'resource-version/a-list-is-not-older-than-asked',
    run: async (world) => {
      const [, last = ''] = await widgets(world, ['a', 'b']);
      assert.deepEqual(namesIn(await world.list('widgets', { resourceVersion: last })), ['a', 'b']);
    },
  },
  {
    id: 'resource-version/a-list-at-exactly-one-moment',
    run: async (world) => {
      const [first = ''] = await widgets(world, ['a', 'b']);
      const then = await world.list('widgets', { resourceVersion: first, resourceVersionMatch: 'Exact' });
      assert.deepEqual(namesIn(then), ['a']);
      assert.equal(at(then, 'metadata.resourceVersion'), first);
    },
  },
  {
    id: 'resource-version/of-the-future-is-a-timeout-with-retry',
    run: async (world) => {
      const answer = await list(world, { resourceVersion: far });
      expectRefused(answer, {
        code: 504,
        reason: 'Timeout',
        message: /Too large resource version/,
        causes: [{ reason: 'ResourceVersionTooLarge' }],
      });
      assert.equal(at(answer.body, 'details.retryAfterSeconds'), 1);
    },
  },
  {
    id: 'resource-version/nonsense-is-400',
    run: async (world) => {
      expectRefused(await list(world, { resourceVersion: 'abc' }), { code: 400, reason: 'BadRequest' });
    },
  },
];
