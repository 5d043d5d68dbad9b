import { Agent } from 'node:http';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { ACCESS_KEYS } from '../src/api/access-key.ts';
import { SECRETS } from '../src/api/core-types.ts';
import { PROVIDERS, type Provider } from '../src/api/provider.ts';
import { USERS } from '../src/api/user.ts';
import { loopbackLookup } from '../src/emulator/loopback-lookup.ts';
import type { SecretObject } from '../src/kinds/provider-secrets.ts';
import { RECONCILE_REQUESTED_AT } from '../src/managed/annotations.ts';
import type { KubeClient } from '../src/runtime/kube-client.ts';
import { accessKey, provider, user } from '../test/support/builders.ts';
import { until } from '../test/support/cluster.ts';
import type { BackendAccount } from './backend.ts';
import { bucketName, inParallel, providerName, providerSpec, WORKERS } from './objects.ts';
import type { BenchOptions } from './options.ts';

/** STS takes signatures for this one alone. */
const IAM_REGION = 'us-east-1';
/** Answers of a service that does not know the key, or not with that text. */
const REFUSALS: ReadonlySet<string> = new Set(['InvalidAccessKeyId', 'InvalidClientTokenId', 'SignatureDoesNotMatch']);
const SLOW = 'wasabi-slow';
const PROVIDER = { providerRef: { name: providerName(0) } };

/** Creates so many Users with a key each, as fast as the API server takes them. */
export async function applyKeys(admin: KubeClient, namespace: string, keys: number): Promise<void> {
  const policy = { statement: [{ effect: 'Allow' as const, action: 's3:ListAllMyBuckets', resource: '*' }] };
  await inParallel(WORKERS, keys, async (index) => {
    const name = bucketName(index);
    await admin.create(USERS, namespace, user(name, { ...PROVIDER, policy }));
    await admin.create(ACCESS_KEYS, namespace, accessKey(name, name, PROVIDER));
  });
}

/** Lets keys be replaced when they are so old; their previous ones outlive the run. */
export async function enableRotation(
  admin: KubeClient,
  namespace: string,
  keys: number,
  intervalDays: number,
): Promise<void> {
  const body = { spec: { rotate: { enabled: true, intervalDays } } };
  await inParallel(WORKERS, keys, (index) =>
    admin.patch(ACCESS_KEYS, { namespace, name: bucketName(index) }, { type: 'merge', body }),
  );
}

/**
 * Holds the account to the rate of the run: a second Provider of it asks for that, and the lowest rate holds. An edit of
 * the first one would wake all its objects.
 */
export async function slowDown(
  admin: KubeClient,
  namespace: string,
  [account]: readonly BackendAccount[],
  options: BenchOptions,
): Promise<void> {
  if (account === undefined) throw new Error('there is no account');
  const key = { namespace, name: SLOW };
  const read = async () => (await admin.get<Provider>(PROVIDERS, key))?.status;
  await admin.create(PROVIDERS, namespace, provider(SLOW, providerSpec(0, account, options)));
  await until('the second Provider knows its account', async () => (await read())?.accountId !== undefined);
  // Its first pass found out whose the credentials are; from the next one on it has a say in that account's limit.
  const annotations = { [RECONCILE_REQUESTED_AT]: 'now' };
  await admin.patch(PROVIDERS, key, { type: 'merge', body: { metadata: { annotations } } });
  await until('its rate holds', async () => (await read())?.lastHandledReconcileAt === 'now');
}

/** Secrets whose key the service accepts now as that of the user of the same number, with its id; by name of the Secret. */
export async function workingKeys(
  {
    plane: { admin },
    backend,
    namespace,
  }: {
    readonly plane: { readonly admin: KubeClient };
    readonly backend: { readonly accounts: readonly BackendAccount[] };
    readonly namespace: string;
  },
  keys: number,
  suffix = 'credentials',
): Promise<ReadonlyMap<string, string>> {
  const agent = new Agent({ lookup: loopbackLookup, keepAlive: true });
  const requestHandler = new NodeHttpHandler({ httpAgent: agent });
  const working = new Map<string, string>();
  await inParallel(WORKERS, keys, async (index) => {
    const { port = 0 } = backend.accounts[index % backend.accounts.length] ?? {};
    const name = `${bucketName(index)}-${suffix}`;
    const { data = {} } = (await admin.get<SecretObject>(SECRETS, { namespace, name })) ?? {};
    const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString();
    const credentials = { accessKeyId: text('access-key-id'), secretAccessKey: text('secret-access-key') };
    const endpoint = `http://sts.localhost:${port}`;
    const client = new STSClient({ endpoint, region: IAM_REGION, credentials, requestHandler });
    const arn = await client.send(new GetCallerIdentityCommand({})).then(
      ({ Arn = '' }) => Arn,
      (thrown: unknown) => {
        if (thrown instanceof Error && REFUSALS.has(thrown.name)) return '';
        throw thrown;
      },
    );
    if (arn.endsWith(`/${bucketName(index)}`)) working.set(name, credentials.accessKeyId);
  });
  agent.destroy();
  return working;
}
