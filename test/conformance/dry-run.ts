import assert from 'node:assert/strict';
import { at, listAt, namesIn } from './json.ts';
import { expectRefused } from './refusal.ts';
import type { ConformanceCase } from './world.ts';

const dryRun = { dryRun: 'All' };

/** Writes that change nothing, and fields that nobody knows. */
export const dryRunCases: readonly ConformanceCase[] = [
  {
    id: 'dry-run/create-answers-the-object-and-keeps-nothing',
    run: async (world) => {
      const answer = await world.post('widgets', { metadata: { name: 'w' }, spec: { size: 1 } }, dryRun);
      assert.equal(answer.status, 201, answer.text);
      assert.partialDeepStrictEqual(answer.body, { metadata: { name: 'w' }, spec: { size: 1, colour: 'red' } });
      assert.notEqual(at(answer.body, 'metadata.uid'), undefined);
      assert.equal(at(answer.body, 'metadata.resourceVersion'), undefined);
      assert.deepEqual(namesIn(await world.list('widgets')), []);
    },
  },
  {
    id: 'dry-run/create-is-refused-like-a-real-one',
    run: async (world) => {
      const invalid = await world.post('widgets', { metadata: { name: 'w' }, spec: { size: 0 } }, dryRun);
      expectRefused(invalid, { code: 422, reason: 'Invalid' });
      await world.create('secrets', { metadata: { name: 's' } });
      const taken = await world.post('secrets', { metadata: { name: 's' } }, dryRun);
      expectRefused(taken, { code: 409, reason: 'AlreadyExists' });
    },
  },
  {
    id: 'dry-run/patch-and-delete-keep-the-object',
    run: async (world) => {
      const widget = await world.create('widgets', { metadata: { name: 'w' }, spec: { size: 1 } });
      const patched = await world.patch('widgets', 'w', { spec: { size: 2 } }, 'merge', { query: dryRun });
      assert.equal(patched.status, 200, patched.text);
      assert.partialDeepStrictEqual(patched.body, { spec: { size: 2 } });
      const deleted = await world.client.call('DELETE', world.path('widgets', 'w'), { query: dryRun });
      assert.equal(deleted.status, 200, deleted.text);
      assert.deepEqual(await world.get('widgets', 'w'), widget);
    },
  },
  {
    id: 'dry-run/knows-only-all',
    run: async (world) => {
      const answer = await world.post('widgets', { metadata: { name: 'w' }, spec: {} }, { dryRun: 'Some' });
      expectRefused(answer, { code: 422, reason: 'Invalid', causes: [{ field: 'dryRun' }] });
    },
  },
  {
    id: 'field-validation/strict-refuses-and-names-unknown-fields',
    run: async (world) => {
      const object = { metadata: { name: 'w' }, extra: 1, spec: { size: 1, sise: 2, options: { mod: 'x' } } };
      const answer = await world.post('widgets', object, { fieldValidation: 'Strict' });
      expectRefused(answer, { code: 400, reason: 'BadRequest', message: /strict decoding error: / });
      for (const field of ['extra', 'spec.sise', 'spec.options.mod']) {
        assert.match(String(at(answer.body, 'message')), new RegExp(`unknown field "${field}"`));
      }
    },
  },
  {
    id: 'field-validation/strict-accepts-what-is-known',
    run: async (world) => {
      const object = { metadata: { name: 'w' }, spec: { size: 1, free: { any: 1 }, labels: { any: '1' } } };
      const answer = await world.post('widgets', object, { fieldValidation: 'Strict' });
      assert.equal(answer.status, 201, answer.text);
    },
  },
  {
    id: 'field-validation/strict-holds-for-built-in-kinds',
    run: async (world) => {
      const answer = await world.post(
        'configmaps',
        { metadata: { name: 'm' }, dta: {} },
        { fieldValidation: 'Strict' },
      );
      expectRefused(answer, { code: 400, reason: 'BadRequest', message: /unknown field "dta"/ });
    },
  },
  {
    id: 'field-validation/strict-holds-for-patches',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w' }, spec: {} });
      const query = { fieldValidation: 'Strict' };
      const answer = await world.patch('widgets', 'w', { spec: { sise: 1 } }, 'merge', { query });
      expectRefused(answer, { code: 422, reason: 'Invalid', message: /unknown field "spec\.sise"/ });
    },
  },
  {
    id: 'field-validation/the-default-warns',
    run: async (world) => {
      for (const query of [{}, { fieldValidation: 'Warn' }]) {
        const name = world.unique('w');
        const answer = await world.post('widgets', { metadata: { name }, spec: { sise: 2 } }, query);
        assert.equal(answer.status, 201, answer.text);
        assert.deepEqual([answer.headers['warning']].flat(), ['299 - "unknown field \\"spec.sise\\""']);
      }
    },
  },
  {
    id: 'field-validation/ignore-says-nothing',
    run: async (world) => {
      const answer = await world.post(
        'widgets',
        { metadata: { name: 'w' }, spec: { sise: 2 } },
        { fieldValidation: 'Ignore' },
      );
      assert.equal(answer.status, 201, answer.text);
      assert.equal(answer.headers['warning'], undefined);
      assert.deepEqual(listAt(answer.body, 'spec.sise'), []);
    },
  },
];
