import { CRDS, REFERENCE_GRANTS } from '../../src/api/core-types.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import { REFERENCE_GRANT_DEFINITION } from '../../src/cli/reference-grant-definition.ts';
import { type TestCluster, until } from './cluster.ts';

const { group: GROUP } = REFERENCE_GRANTS;

/** Makes the cluster serve ReferenceGrants. */
export async function installReferenceGrants({ admin }: TestCluster): Promise<void> {
  const key = { namespace: '', name: REFERENCE_GRANT_DEFINITION.metadata.name };
  if ((await admin.get(CRDS, key)) === undefined)
    await admin.create(CRDS, '', REFERENCE_GRANT_DEFINITION).catch(() => undefined);
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
