import assert from 'node:assert/strict';
import { crdOf, isEstablished } from './crds.ts';
import { at, listAt } from './json.ts';
import { ownCrd, uniqueNames } from './own-crd.ts';
import { expectRefused } from './refusal.ts';
import { group } from './resources.ts';
import type { ConformanceCase, World } from './world.ts';

const anySpec = { type: 'object', properties: { a: { type: 'string' } } };

function spec(properties: object, more: object = {}): object {
  return { type: 'object', properties, ...more };
}

function withRule(rule: string): object {
  return { ...anySpec, 'x-kubernetes-validations': [{ rule, message: 'no' }] };
}

/** Schemas of spec that a CRD may not have. */
const badSchemas: Readonly<Record<string, { readonly schema: object; readonly message: RegExp }>> = {
  'a-field-without-a-type': {
    schema: { properties: { a: { type: 'string' } } },
    message: /properties\[spec\]\.type: Required value: must not be empty for specified object fields/,
  },
  'properties-beside-additional-properties': {
    schema: { ...anySpec, additionalProperties: { type: 'string' } },
    message: /additionalProperties and properties are mutual exclusive/,
  },
  'a-default-of-another-type': {
    schema: spec({ a: { type: 'string', default: 1 } }),
    message: /properties\[a\]\.default: Invalid value: "integer"/,
  },
  'a-broken-pattern': {
    schema: spec({ a: { type: 'string', pattern: '((' } }),
    message: /must be a valid regular expression, but isn't/,
  },
  'a-list-map-without-keys': {
    schema: spec({ a: { type: 'array', 'x-kubernetes-list-type': 'map', items: spec({ id: { type: 'string' } }) } }),
    message: /x-kubernetes-list-map-keys: Required value/,
  },
  'a-list-map-key-that-may-be-absent': {
    schema: spec({
      a: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['id'],
        items: spec({ id: { type: 'string' } }),
      },
    }),
    message: /so it must have a default or be a required property/,
  },
  'a-rule-with-a-syntax-error': { schema: withRule('self.a =='), message: /compilation failed: ERROR: .*Syntax error/ },
  'a-rule-over-an-unknown-field': { schema: withRule("self.b == 'x'"), message: /undefined field 'b'/ },
  'a-rule-that-is-no-boolean': { schema: withRule('self.a'), message: /must evaluate to a bool/ },
};

async function postWithSpec(world: World, schema: object) {
  return world.post('crds', crdOf({ ...uniqueNames(world), properties: { spec: schema } }));
}

/** CustomResourceDefinitions: how they come into force, change and go. */
export const crdCases: readonly ConformanceCase[] = [
  {
    id: 'crd/becomes-established-and-serves-objects',
    run: async (world) => {
      const { kind, plural, name, path, post } = await ownCrd(world, anySpec);
      const { body } = await world.until(world.path('crds', name), (answer) => isEstablished(answer.body));
      assert.partialDeepStrictEqual(body, {
        metadata: { name, generation: 1 },
        spec: { group, scope: 'Namespaced', names: { kind, plural, listKind: `${kind}List` } },
        status: { acceptedNames: { kind, plural, listKind: `${kind}List` }, storedVersions: ['v1'] },
      });
      const accepted = listAt(body, 'status.conditions').find((condition) => at(condition, 'type') === 'NamesAccepted');
      assert.equal(at(accepted, 'status'), 'True');
      assert.equal((await post('one', { a: 'x' })).status, 201);
      assert.partialDeepStrictEqual((await world.client.call('GET', path())).body, {
        kind: `${kind}List`,
        items: [{ kind, spec: { a: 'x' } }],
      });
    },
  },
  {
    id: 'crd/name-must-be-plural-and-group',
    run: async (world) => {
      const crd = crdOf({ ...uniqueNames(world), properties: {} });
      expectRefused(await world.post('crds', { ...crd, metadata: { name: `other.${group}` } }), {
        code: 422,
        reason: 'Invalid',
        causes: [{ field: 'metadata.name', message: /must be spec\.names\.plural\+"\."\+spec\.group/ }],
      });
    },
  },
  ...Object.entries(badSchemas).map(
    ([id, { schema, message }]): ConformanceCase => ({
      id: `crd/refuses-${id}`,
      run: async (world) => {
        expectRefused(await postWithSpec(world, schema), { code: 422, reason: 'Invalid', message });
      },
    }),
  ),
  {
    id: 'crd/refuses-a-second-kind-of-the-same-name',
    run: async (world) => {
      const { kind } = await ownCrd(world, anySpec);
      const second = crdOf({ kind, plural: uniqueNames(world).plural, properties: {} });
      await world.create('crds', second);
      world.defer(() => world.delete('crds', second.metadata.name));
      const { body } = await world.until(
        world.path('crds', second.metadata.name),
        (answer) => listAt(answer.body, 'status.conditions').length > 0,
      );
      const accepted = listAt(body, 'status.conditions').find((condition) => at(condition, 'type') === 'NamesAccepted');
      assert.equal(at(accepted, 'status'), 'False');
    },
  },
  {
    id: 'crd/a-new-schema-comes-into-force',
    run: async (world) => {
      const { post, path, replaceSpecSchema, name } = await ownCrd(world, anySpec);
      await post('old', { a: 'x', b: 'y' });
      await replaceSpecSchema(spec({ a: { type: 'string', minLength: 2 }, b: { type: 'string' } }), { a: 'x' });
      assert.equal(at(await world.get('crds', name), 'metadata.generation'), 2);
      const created = await post('new', { a: 'xx', b: 'y' });
      assert.deepEqual(at(created.body, 'spec'), { a: 'xx', b: 'y' });
      const old = await world.client.call('GET', path('old'));
      assert.deepEqual(at(old.body, 'spec'), { a: 'x' }, 'what was pruned is gone; what was stored can be read');
    },
  },
  {
    id: 'crd/deletion-takes-the-objects-and-the-path-along',
    run: async (world) => {
      const { name, path, post } = await ownCrd(world, anySpec);
      assert.equal((await post('one', {})).status, 201);
      const deleted = await world.delete('crds', name);
      assert.deepEqual(at(deleted.body, 'metadata.finalizers'), ['customresourcecleanup.apiextensions.k8s.io']);
      await world.until(world.path('crds', name), ({ status }) => status === 404);
      await world.until(path(), ({ status }) => status === 404);
    },
  },
  {
    id: 'crd/deletion-waits-for-finalizers-of-objects-and-refuses-new-ones',
    run: async (world) => {
      const { name, path, post, patch } = await ownCrd(world, anySpec);
      await post('held', {});
      await patch('held', { metadata: { finalizers: ['example.com/a'] } });
      await world.delete('crds', name);
      const held = await world.until(
        path('held'),
        (answer) => at(answer.body, 'metadata.deletionTimestamp') !== undefined,
      );
      assert.equal(held.status, 200);
      expectRefused(await post('late', {}), {
        code: 403,
        reason: 'Forbidden',
        message: /create not allowed while custom resource definition is terminating/,
      });
      const terminating = listAt(await world.get('crds', name), 'status.conditions').find(
        (condition) => at(condition, 'type') === 'Terminating',
      );
      assert.equal(at(terminating, 'status'), 'True');
      const verbsNow = (body: unknown) => {
        const named = listAt(body, 'resources').find((resource) => path().endsWith(`/${String(at(resource, 'name'))}`));
        return listAt(named, 'verbs').map(String).toSorted();
      };
      await world.until(
        path().replace(/\/namespaces\/.*/, ''),
        ({ body }) => verbsNow(body).join() === 'delete,deletecollection,get,list,watch',
      );
      await patch('held', { metadata: { finalizers: null } });
      await world.until(world.path('crds', name), ({ status }) => status === 404);
    },
  },
];
