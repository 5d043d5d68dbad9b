import assert from 'node:assert/strict';
import { at } from './json.ts';
import { ownCrd } from './own-crd.ts';
import { type Cause, expectRefused } from './refusal.ts';
import type { ConformanceCase, World } from './world.ts';

async function refusedAfter(world: World, spec: object, change: object, causes: readonly Cause[]): Promise<void> {
  await world.create('widgets', { metadata: { name: 'w' }, spec });
  const answer = await world.patch('widgets', 'w', { spec: change });
  expectRefused(answer, { code: 422, reason: 'Invalid', causes });
}

async function acceptedAfter(world: World, spec: object, change: object): Promise<void> {
  await world.create('widgets', { metadata: { name: 'w' }, spec });
  const answer = await world.patch('widgets', 'w', { spec: change });
  assert.equal(answer.status, 200, answer.text);
  assert.partialDeepStrictEqual(at(answer.body, 'spec'), change);
}

const budgetText = 'a budget starts at 10 and never shrinks';

/** Rules in CEL: x-kubernetes-validations. */
export const celCases: readonly ConformanceCase[] = [
  {
    id: 'cel/rule-with-message-reason-and-field-path',
    run: async (world) => {
      const answer = await world.post('widgets', { metadata: { name: 'w' }, spec: { lower: 2, upper: 1 } });
      expectRefused(answer, {
        code: 422,
        reason: 'Invalid',
        causes: [
          { field: 'spec.lower', reason: 'FieldValueForbidden', message: 'Forbidden: lower must not exceed upper' },
        ],
      });
    },
  },
  {
    id: 'cel/rule-that-holds',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w' }, spec: { lower: 1, upper: 1 } });
    },
  },
  {
    id: 'cel/message-expression',
    run: async (world) => {
      const answer = await world.post('widgets', { metadata: { name: 'w' }, spec: { motto: 'hey!' } });
      const message = 'Invalid value: "hey!": motto hey! shouts';
      expectRefused(answer, {
        code: 422,
        reason: 'Invalid',
        causes: [{ field: 'spec.motto', reason: 'FieldValueInvalid', message }],
      });
    },
  },
  {
    id: 'cel/rule-of-the-root-sees-the-name',
    run: async (world) => {
      const answer = await world.post('widgets', { metadata: { name: 'n'.repeat(31) }, spec: {} });
      expectRefused(answer, { code: 422, reason: 'Invalid', message: /the name is limited to 30 characters/ });
    },
  },
  {
    id: 'cel/transition-rule-refuses-a-change',
    run: async (world) => {
      await refusedAfter(world, { region: 'one' }, { region: 'two' }, [
        { field: 'spec.region', reason: 'FieldValueInvalid', message: 'Invalid value: "two": region is immutable' },
      ]);
    },
  },
  {
    id: 'cel/transition-rule-of-a-field-is-not-asked-when-the-field-comes-or-goes',
    run: async (world) => {
      await acceptedAfter(world, {}, { region: 'one' });
      const removed = await world.patch('widgets', 'w', { spec: { region: null } });
      assert.equal(removed.status, 200, removed.text);
    },
  },
  {
    id: 'cel/transition-rule-of-the-parent-sees-set-and-unset',
    run: async (world) => {
      const message = /owner cannot be set or unset later/;
      await refusedAfter(world, {}, { owner: 'me' }, [{ field: 'spec', message }]);
      await world.create('widgets', { metadata: { name: 'owned' }, spec: { owner: 'me' } });
      const unset = await world.patch('widgets', 'owned', { spec: { owner: null } });
      expectRefused(unset, { code: 422, reason: 'Invalid', causes: [{ field: 'spec', message }] });
      const changed = await world.patch('widgets', 'owned', { spec: { owner: 'you' } });
      assert.equal(changed.status, 200, changed.text);
    },
  },
  {
    id: 'cel/optional-old-self-is-asked-on-create',
    run: async (world) => {
      const answer = await world.post('widgets', { metadata: { name: 'w' }, spec: { budget: 5 } });
      const message = `Invalid value: 5: ${budgetText}`;
      expectRefused(answer, { code: 422, reason: 'Invalid', causes: [{ field: 'spec.budget', message }] });
    },
  },
  {
    id: 'cel/optional-old-self-sees-the-old-value',
    run: async (world) => {
      await acceptedAfter(world, { budget: 20 }, { budget: 21 });
      const shrunk = await world.patch('widgets', 'w', { spec: { budget: 15 } });
      expectRefused(shrunk, { code: 422, reason: 'Invalid', causes: [{ field: 'spec.budget' }] });
    },
  },
  {
    id: 'cel/optional-old-self-without-an-old-value-on-update',
    run: async (world) => {
      await refusedAfter(world, {}, { budget: 5 }, [{ field: 'spec.budget' }]);
    },
  },
  {
    id: 'cel/rules-are-asked-after-defaulting-and-not-for-null',
    run: async (world) => {
      await world.create('widgets', { metadata: { name: 'w' }, spec: { lower: null, upper: 1 } });
    },
  },
  {
    id: 'cel/null-of-a-nullable-field-counts-as-absent',
    run: async (world) => {
      const fields = { text: { type: 'string', nullable: true }, object: { type: 'object', nullable: true } };
      const rule = '!has(self.text) && !has(self.object) && !self.?text.hasValue()';
      const rules = { 'x-kubernetes-validations': [{ rule, message: 'neither may be set' }] };
      const { post } = await ownCrd(world, { type: 'object', properties: fields, ...rules });
      const taken = await post('nulls', { text: null, object: null });
      assert.equal(taken.status, 201, taken.text);
      assert.deepEqual(at(taken.body, 'spec'), { text: null, object: null });
      expectRefused(await post('text', { text: 'x' }), { code: 422, reason: 'Invalid', message: /neither may be set/ });
    },
  },
];
