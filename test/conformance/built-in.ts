import assert from 'node:assert/strict';
import { at } from './json.ts';
import { expectRefused, type Refusal } from './refusal.ts';
import type { ConformanceCase } from './world.ts';

const invalidAt = (field: string): Refusal => ({ code: 422, reason: 'Invalid', causes: [{ field }] });
const immutable = 'Forbidden: field is immutable when `immutable` is set';

/** Secrets, ConfigMaps and Leases as far as an operator leans on them. */
export const builtInCases: readonly ConformanceCase[] = [
  {
    id: 'secret/string-data-is-written-into-data-and-wins',
    run: async (world) => {
      const secret = await world.create('secrets', {
        metadata: { name: 's' },
        data: { a: 'MQ==', b: 'Mg==' },
        stringData: { a: 'ä', c: '' },
      });
      assert.deepEqual(at(secret, 'data'), { a: 'w6Q=', b: 'Mg==', c: '' });
      assert.equal(at(secret, 'stringData'), undefined);
      assert.equal(at(secret, 'type'), 'Opaque');
      const patched = await world.patch('secrets', 's', { stringData: { b: 'x' }, data: { c: null } });
      assert.deepEqual(at(patched.body, 'data'), { a: 'w6Q=', b: 'eA==' });
    },
  },
  {
    id: 'secret/data-must-be-base64',
    run: async (world) => {
      const answer = await world.post('secrets', { metadata: { name: 's' }, data: { a: '***' } });
      expectRefused(answer, { code: 400, reason: 'BadRequest', message: /illegal base64 data/ });
    },
  },
  {
    id: 'secret/values-must-be-texts',
    run: async (world) => {
      for (const [resource, field] of [
        ['secrets', 'stringData'],
        ['configmaps', 'data'],
      ] as const) {
        const answer = await world.post(resource, { metadata: { name: 's' }, [field]: { a: 1 } });
        expectRefused(answer, { code: 400, reason: 'BadRequest', message: /cannot unmarshal number/ });
      }
    },
  },
  {
    id: 'secret/keys-are-checked',
    run: async (world) => {
      for (const resource of ['secrets', 'configmaps'] as const) {
        const data = { 'a b': 'MQ==' };
        expectRefused(await world.post(resource, { metadata: { name: 's' }, data }), invalidAt('data[a b]'));
      }
    },
  },
  {
    id: 'secret/type-cannot-be-changed',
    run: async (world) => {
      await world.create('secrets', { metadata: { name: 's' }, type: 'example.com/one' });
      const answer = await world.patch('secrets', 's', { type: 'example.com/two' });
      expectRefused(answer, {
        code: 422,
        reason: 'Invalid',
        causes: [{ field: 'type', message: 'Invalid value: "example.com/two": field is immutable' }],
      });
    },
  },
  {
    id: 'secret/immutable-ones-keep-their-data',
    run: async (world) => {
      await world.create('secrets', { metadata: { name: 's' }, immutable: true, data: { a: 'MQ==' } });
      for (const [field, body] of Object.entries({ data: { data: { a: 'Mg==' } }, immutable: { immutable: false } })) {
        const causes = [{ field, reason: 'FieldValueForbidden', message: immutable }];
        expectRefused(await world.patch('secrets', 's', body), { code: 422, reason: 'Invalid', causes });
      }
      const labelled = await world.patch('secrets', 's', { metadata: { labels: { a: '1' } } });
      assert.equal(labelled.status, 200, labelled.text);
    },
  },
  {
    id: 'config-map/a-key-is-text-or-binary-not-both',
    run: async (world) => {
      const object = { metadata: { name: 'm' }, data: { a: '1' }, binaryData: { a: 'MQ==' } };
      expectRefused(await world.post('configmaps', object), invalidAt('data[a]'));
    },
  },
  {
    id: 'lease/is-renewed-under-the-version-of-the-last-read',
    run: async (world) => {
      const spec = {
        holderIdentity: 'one',
        leaseDurationSeconds: 15,
        acquireTime: '2026-01-01T00:00:00.000000Z',
        renewTime: '2026-01-01T00:00:00.123456Z',
        leaseTransitions: 0,
      };
      const lease = await world.create('leases', { metadata: { name: 'l' }, spec });
      assert.deepEqual(at(lease, 'spec'), spec);
      const renewed = { ...Object(lease), spec: { ...spec, renewTime: '2026-01-01T00:00:02.000000Z' } };
      assert.equal((await world.put('leases', renewed)).status, 200);
      expectRefused(await world.put('leases', { ...renewed, spec: { ...spec, holderIdentity: 'two' } }), {
        code: 409,
        reason: 'Conflict',
      });
    },
  },
  {
    id: 'lease/two-creators-and-one-wins',
    run: async (world) => {
      const answers = await Promise.all(
        ['one', 'two', 'three'].map((holderIdentity) =>
          world.post('leases', { metadata: { name: 'l' }, spec: { holderIdentity } }),
        ),
      );
      assert.deepEqual(
        answers.map(({ status }) => status).sort((a, b) => a - b),
        [201, 409, 409],
      );
    },
  },
  {
    id: 'lease/times-have-six-digits-after-the-second',
    run: async (world) => {
      for (const renewTime of ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.123Z', 'soon']) {
        const answer = await world.post('leases', { metadata: { name: 'l' }, spec: { renewTime } });
        expectRefused(answer, { code: 400, reason: 'BadRequest', message: /parsing time/ });
      }
    },
  },
  {
    id: 'lease/duration-is-positive',
    run: async (world) => {
      const answer = await world.post('leases', { metadata: { name: 'l' }, spec: { leaseDurationSeconds: 0 } });
      expectRefused(answer, invalidAt('spec.leaseDurationSeconds'));
    },
  },
  {
    id: 'workload/annotations-move-the-generation-of-a-deployment-alone',
    run: async (world) => {
      const labels = { app: 'web' };
      const template = { metadata: { labels }, spec: { containers: [{ name: 'x', image: 'x' }] } };
      for (const resource of ['deployments', 'statefulsets', 'daemonsets'] as const) {
        await world.create(resource, {
          metadata: { name: 'w' },
          spec: { selector: { matchLabels: labels }, template },
        });
        const generation = async (body: object): Promise<unknown> =>
          at((await world.patch(resource, 'w', body)).body, 'metadata.generation');
        const annotated = resource === 'deployments' ? 2 : 1;
        assert.equal(await generation({ metadata: { labels: { a: '1' } } }), 1, resource);
        assert.equal(await generation({ metadata: { annotations: { a: '1' } } }), annotated, resource);
        const restarted = { spec: { template: { metadata: { annotations: { at: 'noon' } } } } };
        assert.equal(await generation(restarted), annotated + 1, resource);
      }
    },
  },
];
