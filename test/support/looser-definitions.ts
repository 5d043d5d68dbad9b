import { CRDS } from '../../src/api/core-types.ts';
import { crdOf } from '../../src/api/crd.ts';
import { KINDS } from '../../src/api/kinds.ts';
import type { SchemaNode } from '../../src/api/structural-schema.ts';
import type { TestCluster } from './cluster.ts';

/** What a definition refuses by. */
const REFUSALS = [
  'x-kubernetes-validations',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'enum',
  'format',
  'pattern',
  'required',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'maxProperties',
] as const satisfies readonly (keyof SchemaNode)[];

/** Our definitions without anything that refuses an object but its types; defaults are filled in still. */
export async function loosenDefinitions({ admin }: Pick<TestCluster, 'admin'>): Promise<void> {
  for (const definition of KINDS) {
    const { metadata, spec } = crdOf(definition);
    const [version] = spec.versions;
    const openAPIV3Schema = loosened(version.schema.openAPIV3Schema);
    const body = { spec: { versions: [{ ...version, schema: { openAPIV3Schema } }] } };
    await admin.patch(CRDS, { namespace: '', name: metadata.name }, { type: 'merge', body });
  }
}

function loosened(node: SchemaNode): SchemaNode {
  const kept = Object.entries(node).filter(([key]) => !REFUSALS.some((refusal) => refusal === key));
  const { properties, items, additionalProperties, ...rest }: SchemaNode = Object.fromEntries(kept);
  return {
    ...rest,
    ...(items === undefined ? {} : { items: loosened(items) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: loosened(additionalProperties) }),
    ...(properties === undefined
      ? {}
      : { properties: Object.fromEntries(Object.entries(properties).map(([name, child]) => [name, loosened(child)])) }),
  };
}
