import assert from 'node:assert/strict';
import { at, textAt } from './json.ts';
import { expectRefused } from './refusal.ts';
import type { ConformanceCase } from './world.ts';

const subdomain = /a lowercase RFC 1123 subdomain must consist of/;
const label = /a lowercase RFC 1123 label must consist of/;
const causeAtName = (message: RegExp) => [{ field: 'metadata.name', reason: 'FieldValueInvalid', message }];

/** Names, generated names, labels, annotations and owner references. */
export const nameCases: readonly ConformanceCase[] = [
  {
    id: 'names/of-objects-are-dns-subdomains',
    run: async (world) => {
      for (const name of ['A', 'a_b', '-a', 'a.', 'a..b', 'a/b', 'é', '%41']) {
        for (const resource of ['configmaps', 'widgets'] as const) {
          expectRefused(await world.post(resource, { metadata: { name } }), { code: 422, reason: 'Invalid' });
        }
        const answer = await world.post('configmaps', { metadata: { name } });
        expectRefused(answer, { code: 422, reason: 'Invalid', causes: causeAtName(subdomain) });
      }
      await world.create('configmaps', { metadata: { name: 'a.b-c.1' } });
    },
  },
  {
    id: 'names/have-at-most-253-characters',
    run: async (world) => {
      await world.create('configmaps', { metadata: { name: 'x'.repeat(253) } });
      const answer = await world.post('configmaps', { metadata: { name: 'x'.repeat(254) } });
      const causes = causeAtName(/must be no more than 253 (bytes|characters)/);
      expectRefused(answer, { code: 422, reason: 'Invalid', causes });
    },
  },
  {
    id: 'names/of-namespaces-are-dns-labels',
    run: async (world) => {
      for (const name of ['A', 'a_b', '-a']) {
        const answer = await world.post('namespaces', { metadata: { name } });
        expectRefused(answer, { code: 422, reason: 'Invalid', message: label });
      }
      for (const name of ['a.b', 'x'.repeat(64)]) {
        expectRefused(await world.post('namespaces', { metadata: { name } }), { code: 422, reason: 'Invalid' });
      }
    },
  },
  {
    id: 'names/are-required',
    run: async (world) => {
      const message = 'Required value: name or generateName is required';
      const causes = [{ field: 'metadata.name', reason: 'FieldValueRequired', message }];
      for (const resource of ['configmaps', 'widgets'] as const) {
        expectRefused(await world.post(resource, { metadata: {} }), { code: 422, reason: 'Invalid', causes });
      }
    },
  },
  {
    id: 'names/are-generated-from-a-prefix',
    run: async (world) => {
      const first = await world.create('configmaps', { metadata: { generateName: 'pre-' } });
      const second = await world.create('configmaps', { metadata: { generateName: 'pre-' } });
      assert.match(textAt(first, 'metadata.name'), /^pre-[a-z0-9]{5}$/);
      assert.notEqual(at(second, 'metadata.name'), at(first, 'metadata.name'));
      assert.equal(at(first, 'metadata.generateName'), 'pre-');
    },
  },
  {
    id: 'names/generated-ones-are-cut-to-63-characters',
    run: async (world) => {
      const map = await world.create('configmaps', { metadata: { generateName: 'p'.repeat(70) } });
      assert.match(textAt(map, 'metadata.name'), /^p{58}[a-z0-9]{5}$/);
    },
  },
  {
    id: 'names/a-given-name-beats-a-prefix',
    run: async (world) => {
      const map = await world.create('configmaps', { metadata: { name: 'mine', generateName: 'pre-' } });
      assert.equal(at(map, 'metadata.name'), 'mine');
    },
  },
  {
    id: 'metadata/label-keys-and-values-are-checked',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w' }, spec: {} });
      for (const labels of [{ 'a b': 'x' }, { a: 'x y' }, { a: 'x'.repeat(64) }, { 'a/b/c': 'x' }]) {
        const answer = await world.patch('widgets', 'w', { metadata: { labels } });
        expectRefused(answer, { code: 422, reason: 'Invalid', causes: [{ field: 'metadata.labels' }] });
      }
    },
  },
  {
    id: 'metadata/annotation-keys-are-checked-and-values-are-free',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w', annotations: { 'example.com/a': 'ä\n"x"' } }, spec: {} });
      const answer = await world.patch('widgets', 'w', { metadata: { annotations: { 'a b': 'x' } } });
      expectRefused(answer, { code: 422, reason: 'Invalid', causes: [{ field: 'metadata.annotations' }] });
    },
  },
  {
    id: 'metadata/owner-references-are-complete-and-have-one-controller',
    run: async (world) => {
      await world.create('configmaps', { metadata: { name: 'm' } });
      const owner = (name: string, uid: string) => ({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        name,
        uid,
        controller: true,
      });
      for (const ownerReferences of [[owner('a', '')], [owner('', '1')], [owner('a', '1'), owner('b', '2')]]) {
        const answer = await world.patch('configmaps', 'm', { metadata: { ownerReferences } });
        expectRefused(answer, { code: 422, reason: 'Invalid', message: /metadata\.ownerReferences/ });
      }
    },
  },
  {
    id: 'metadata/built-in-finalizers-must-be-qualified',
    run: async (world) => {
      const answer = await world.post('configmaps', { metadata: { name: 'm', finalizers: ['bare'] } });
      expectRefused(answer, { code: 422, reason: 'Invalid', causes: [{ field: 'metadata.finalizers[0]' }] });
    },
  },
];
