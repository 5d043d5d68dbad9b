import assert from 'node:assert/strict';
import { namesIn } from './json.ts';
import { expectRefused } from './refusal.ts';
import type { ConformanceCase, World } from './world.ts';

async function threeMaps(world: World): Promise<void> {
  await world.create('configmaps', { metadata: { name: 'one', labels: { tier: 'front', 'example.com/x': '1' } } });
  await world.create('configmaps', { metadata: { name: 'two', labels: { tier: 'back' } } });
  await world.create('configmaps', { metadata: { name: 'zero' } });
}

const labelSelectors: Readonly<Record<string, readonly string[]>> = {
  'tier=front': ['one'],
  'tier==front': ['one'],
  'tier!=front': ['two', 'zero'],
  'tier in (front, back)': ['one', 'two'],
  'tier notin (front)': ['two', 'zero'],
  tier: ['one', 'two'],
  '!tier': ['zero'],
  'tier=front,example.com/x=1': ['one'],
  'tier,tier!=back': ['one'],
  'tier=': [],
  'example.com/x': ['one'],
};

const fieldSelectors: Readonly<Record<string, readonly string[]>> = {
  'metadata.name=one': ['one'],
  'metadata.name==one': ['one'],
  'metadata.name!=one': ['two', 'zero'],
  'metadata.name=one,metadata.namespace=elsewhere': [],
};

/** Label and field selectors of lists. */
export const selectorCases: readonly ConformanceCase[] = [
  ...Object.entries(labelSelectors).map(
    ([labelSelector, names]): ConformanceCase => ({
      id: `label-selector/${labelSelector}`,
      run: async (world) => {
        await threeMaps(world);
        assert.deepEqual(namesIn(await world.list('configmaps', { labelSelector })), names);
      },
    }),
  ),
  ...Object.entries(fieldSelectors).map(
    ([fieldSelector, names]): ConformanceCase => ({
      id: `field-selector/${fieldSelector}`,
      run: async (world) => {
        await threeMaps(world);
        assert.deepEqual(namesIn(await world.list('configmaps', { fieldSelector })), names);
        for (const name of ['one', 'two', 'zero']) await world.create('widgets', { metadata: { name } });
        assert.deepEqual(namesIn(await world.list('widgets', { fieldSelector })), names);
      },
    }),
  ),
  {
    id: 'label-selector/malformed-is-400',
    run: async (world) => {
      for (const labelSelector of ['=a', 'a b', 'a in b', 'a in (', 'a=b=c']) {
        const answer = await world.client.call('GET', world.path('configmaps'), { query: { labelSelector } });
        expectRefused(answer, { code: 400, reason: 'BadRequest' });
      }
    },
  },
  {
    id: 'field-selector/unknown-field-is-400',
    run: async (world) => {
      const maps = await world.client.call('GET', world.path('configmaps'), { query: { fieldSelector: 'data.x=1' } });
      expectRefused(maps, { code: 400, reason: 'BadRequest', message: /"data\.x" is not a known field selector/ });
      const query = { fieldSelector: 'spec.size=1' };
      const custom = await world.client.call('GET', world.path('widgets'), { query });
      expectRefused(custom, { code: 400, reason: 'BadRequest', message: 'field label not supported: spec.size' });
    },
  },
  {
    id: 'field-selector/type-of-a-secret',
    run: async (world) => {
      await world.create('secrets', { metadata: { name: 'plain' } });
      await world.create('secrets', { metadata: { name: 'typed' }, type: 'example.com/typed' });
      assert.deepEqual(namesIn(await world.list('secrets', { fieldSelector: 'type=example.com/typed' })), ['typed']);
    },
  },
];
