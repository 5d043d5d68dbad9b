import assert from 'node:assert/strict';
import type { Answer } from './client.ts';
import { crdOf } from './crds.ts';
import { group } from './resources.ts';
import type { World } from './world.ts';

/** A CRD that belongs to one case alone, namespaced, with the status subresource. */
export interface OwnCrd {
  readonly kind: string;
  readonly plural: string;
  /** The name of the CRD object. */
  readonly name: string;
  /** The path of one object, or of all in the case's namespace. */
  readonly path: (object?: string) => string;
  readonly post: (object: string, spec: object, query?: Readonly<Record<string, string>>) => Promise<Answer>;
  readonly patch: (object: string, body: object) => Promise<Answer>;
  /** Replaces the schema of spec, and waits until the server refuses `refused`, which must be valid until then. */
  readonly replaceSpecSchema: (schema: object, refused: object) => Promise<void>;
}

/** A kind and its plural that nobody else uses. */
export function uniqueNames(world: World): { readonly kind: string; readonly plural: string } {
  const kind = world.unique('Own').replace('-', '');
  return { kind, plural: kind.toLowerCase() };
}

/** Creates a CRD with this schema of spec, waits until its objects are served, and removes it after the case. */
export async function ownCrd(world: World, specSchema: object): Promise<OwnCrd> {
  const { kind, plural } = uniqueNames(world);
  const crd = crdOf({ kind, plural, properties: { spec: specSchema } });
  await world.create('crds', crd);
  world.defer(() => world.delete('crds', crd.metadata.name));
  const path = (object?: string): string =>
    [`/apis/${group}/v1/namespaces`, world.namespace, plural, object].filter((part) => part !== undefined).join('/');
  await world.until(path(), ({ status }) => status === 200);
  const post: OwnCrd['post'] = (name, spec, query = {}) =>
    world.client.call('POST', path(), { body: { apiVersion: `${group}/v1`, kind, metadata: { name }, spec }, query });
  return {
    kind,
    plural,
    name: crd.metadata.name,
    path,
    post,
    patch: (object, body) =>
      world.client.call('PATCH', path(object), { body, contentType: 'application/merge-patch+json' }),
    replaceSpecSchema: async (schema, refused) => {
      const at = '/spec/versions/0/schema/openAPIV3Schema/properties/spec';
      const answer = await world.patch('crds', crd.metadata.name, [{ op: 'replace', path: at, value: schema }], 'json');
      assert.equal(answer.status, 200, answer.text);
      const deadline = performance.now() + 30_000;
      while ((await post(world.unique('probe'), refused, { dryRun: 'All' })).status !== 422) {
        assert.ok(performance.now() < deadline, `the new schema of ${plural} is not in force within 30 s`);
      }
    },
  };
}
