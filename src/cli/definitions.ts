import { CRDS } from '../api/core-types.ts';
import { crdOf } from '../api/crd.ts';
import { KINDS } from '../api/kinds.ts';
import type { Kube } from '../runtime/kube.ts';
import { REFERENCE_GRANT_DEFINITION } from './reference-grant-definition.ts';

type Definition = Pick<typeof REFERENCE_GRANT_DEFINITION, 'apiVersion' | 'kind'> & {
  readonly metadata: { readonly name: string };
};

/** Applies the definitions of our kinds, and of the grants that we read: what is there already becomes as they are now. */
export async function installDefinitions(kube: Kube): Promise<void> {
  for (const kind of KINDS) {
    await install(kube, crdOf(kind));
  }
  await install(kube, REFERENCE_GRANT_DEFINITION);
}

async function install(kube: Kube, definition: Definition): Promise<void> {
  const key = { namespace: '', name: definition.metadata.name };
  if ((await kube.get(CRDS, key)) === undefined) await kube.create(CRDS, '', definition);
  else await kube.patch(CRDS, key, { type: 'merge', body: definition });
}
