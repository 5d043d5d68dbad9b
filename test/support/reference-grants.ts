import { CRDS, REFERENCE_GRANTS } from '../../src/api/core-types.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { type TestCluster, until } from './cluster.ts';

const { group: GROUP } = REFERENCE_GRANTS;

/** As much of the Gateway API as the operator reads. */
const DEFINITION = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: {
    name: `referencegrants.${GROUP}`,
    annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-sigs/gateway-api/pull/2156' },
  },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: {
      plural: 'referencegrants',
      singular: 'referencegrant',
      kind: 'ReferenceGrant',
      listKind: 'ReferenceGrantList',
    },
    versions: [
      {
        name: 'v1beta1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
      },
    ],
  },
};

/** Makes the cluster serve ReferenceGrants. */
export async function installReferenceGrants({ admin }: TestCluster): Promise<void> {
  const key = { namespace: '', name: DEFINITION.metadata.name };
  if ((await admin.get(CRDS, key)) === undefined) await admin.create(CRDS, '', DEFINITION).catch(() => undefined);
  await until('ReferenceGrants are served', () =>
    admin.list(REFERENCE_GRANTS, undefined).then(
      () => true,
      () => false,
    ),
  );
}

/** Admits objects of a kind in another namespace to things of this one. */
export function grant(
  name: string,
  from: { readonly kind: string; readonly namespace: string },
  to: { readonly group: string; readonly kind: string; readonly name?: string },
): Omit<KubeObject, 'metadata'> & { readonly metadata: { readonly name: string }; readonly spec: object } {
  const spec = { from: [{ group: 's3.cloud37.dev', ...from }], to: [to] };
  return { apiVersion: `${GROUP}/v1beta1`, kind: 'ReferenceGrant', metadata: { name }, spec };
}
