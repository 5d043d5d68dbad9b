import { SECRETS } from '../../src/api/core-types.ts';
import type { AccessKey as ServiceKey } from '../../src/emulator/accounts.ts';
import type { LoggedCall } from '../../src/emulator/call-log.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import type { SecretObject } from '../../src/kinds/provider-secrets.ts';
import type { Kube } from '../../src/runtime/kube.ts';
import type { KeyPair } from './account.ts';
import { until } from './until.ts';

/** The keys in the Secrets that Buckets of a namespace have delivered, by the name of the Bucket. */
export type DeliveredKeys = ReadonlyMap<string, KeyPair>;

/** Reads them all. */
export async function deliveredKeys(kube: Kube, namespace: string): Promise<DeliveredKeys> {
  const found = new Map<string, KeyPair>();
  let continueToken: string | undefined;
  do {
    const page = await kube.list<SecretObject>(
      SECRETS,
      namespace,
      continueToken === undefined ? {} : { continueToken },
    );
    for (const { metadata, data = {} } of page.items) {
      const { name } = /^(?<name>.+)-accesskey-credentials$/.exec(metadata.name)?.groups ?? {};
      const text = (key: string) => Buffer.from(data[key] ?? '', 'base64').toString('utf8');
      if (name !== undefined)
        found.set(name, { accessKeyId: text('access-key-id'), secretAccessKey: text('secret-access-key') });
    }
    continueToken = page.continueToken;
  } while (continueToken !== undefined);
  return found;
}

/** The same, once two readings agree: what a leader that was killed had sent is written after its end. */
export async function lastDelivered(kube: Kube, namespace: string): Promise<DeliveredKeys> {
  let found = await deliveredKeys(kube, namespace);
  await until('the writes of the dead leader are over', async () => {
    const before = found.size;
    found = await deliveredKeys(kube, namespace);
    return found.size === before;
  });
  return found;
}

/** The keys of users that nobody could use: the service told their text to somebody who did not write it down. */
export function keysInNoSecret(emulator: Emulator, delivered: DeliveredKeys): readonly ServiceKey[] {
  const ids = new Set([...delivered.values()].map(({ accessKeyId }) => accessKeyId));
  return userKeys(emulator).filter(({ accessKeyId }) => !ids.has(accessKeyId));
}

/** What is wrong with the keys: a user without the very key of its Secret, or with more than that; a user too many. */
export function strayKeys(emulator: Emulator, names: readonly string[], delivered: DeliveredKeys): readonly string[] {
  const live = Map.groupBy(userKeys(emulator), ({ userName }) => userName);
  const wanted = new Set(names);
  const others = [...live.keys(), ...delivered.keys()].filter((name) => name === undefined || !wanted.has(name));
  const wrong = names.filter((name) => {
    const [key, ...more] = live.get(name) ?? [];
    const pair = delivered.get(name);
    const works = key?.status === 'Active' && key.secretAccessKey === pair?.secretAccessKey;
    return more.length > 0 || !works || key.accessKeyId !== pair.accessKeyId;
  });
  return [...wrong, ...others.map((name) => `${name}: nobody's`)];
}

/** The calls of that operation that changed something, whether or not they were answered. */
export function effects({ calls }: Emulator, operation: string): readonly LoggedCall[] {
  return calls.filter((call) => call.operation === operation && call.revision !== call.revisionBefore);
}

/** How many of the calls name each bucket, or each user. */
export function perName(calls: readonly LoggedCall[], name: 'bucket' | 'userName'): ReadonlyMap<string, number> {
  const groups = Map.groupBy(calls, (call) => call[name] ?? '');
  return new Map([...groups].map(([key, all]) => [key, all.length]));
}

/** Those of the root are not the operator's. */
function userKeys({ state }: Emulator): readonly ServiceKey[] {
  return [...state.keys.values()].filter(({ userName }) => userName !== undefined);
}
