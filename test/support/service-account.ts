import { SECRETS } from '../../src/api/core-types.ts';
import type { KubeObject, ObjectKey, ResourceType } from '../../src/api/meta.ts';
import type { KubeClient } from '../../src/runtime/kube-client.ts';
import { until } from './until.ts';

export const SERVICE_ACCOUNTS: ResourceType = {
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
};

/** A token of that ServiceAccount that does not end with a pod; a real control plane makes it, once. */
export async function serviceAccountToken(admin: KubeClient, { namespace, name }: ObjectKey): Promise<string> {
  if ((await admin.get(SECRETS, { namespace, name })) === undefined)
    await admin.create(SECRETS, namespace, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, annotations: { 'kubernetes.io/service-account.name': name } },
      type: 'kubernetes.io/service-account-token',
    });
  let token = '';
  await until(`the token of ${name}`, async () => {
    type TokenSecret = KubeObject & { readonly data?: { readonly token?: string } };
    const secret = await admin.get<TokenSecret>(SECRETS, { namespace, name });
    token = Buffer.from(secret?.data?.token ?? '', 'base64').toString('utf8');
    return token !== '';
  });
  return token;
}
