import { NAMESPACES, SECRETS } from '../api/core-types.ts';
import { KINDS } from '../api/kinds.ts';
import type { KubeObject, ObjectKey, ResourceType } from '../api/meta.ts';
import type { Emulator } from '../emulator/server.ts';
import type { Kube } from '../runtime/kube.ts';
import { ObjectStore } from './object-store.ts';
import { REGION } from './sample.ts';
import type { Screen } from './screen.ts';
import type { Waiting } from './wait.ts';

/** Where the sample's objects are. */
export const NAMESPACE = 'storage-demo';
/** The sample's bucket, by its name at the service. */
export const BUCKET = 'example-team-app-logs';

/** Kinds of the sample, by name. */
export const types: Readonly<Record<string, ResourceType>> = {
  Namespace: NAMESPACES,
  Secret: SECRETS,
  ...Object.fromEntries(KINDS.map(({ type }) => [type.kind, type])),
};

/** An object of ours, as far as the demo looks into it. */
export interface Watched extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { type: string; status: string; reason: string }[];
    readonly credentialsSecret?: string;
    readonly rotation?: { readonly step: string };
    readonly retireTime?: string;
  };
}

/** What every step works with. */
export interface Stage {
  readonly screen: Screen;
  readonly kube: Kube;
  readonly emulator: Emulator;
  readonly waiting: Waiting;
}

/** @throws Error when it does not exist */
export async function read(kube: Kube, kind: string, name: string): Promise<Watched> {
  const found = await kube.get<Watched>(types[kind] ?? SECRETS, keyOf(name));
  if (found === undefined) throw new Error(`${kind} ${name} does not exist`);
  return found;
}

/** The key of an object of the sample. */
export function keyOf(name: string): ObjectKey {
  return { namespace: NAMESPACE, name };
}

/** A key as a Secret holds it. */
export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The key in the Secret that the Bucket delivers. @param suffix of another Secret beside it, such as `-previous` */
export async function pairIn({ kube }: Stage, suffix = ''): Promise<KeyPair> {
  const { status } = await read(kube, 'Bucket', 'app-logs');
  const name = `${status?.credentialsSecret ?? ''}${suffix}`;
  const secret = await kube.get<KubeObject & { data?: Record<string, string> }>(SECRETS, keyOf(name));
  const value = (key: string) => Buffer.from(secret?.data?.[key] ?? '', 'base64').toString();
  return { accessKeyId: value('access-key-id'), secretAccessKey: value('secret-access-key') };
}

/** An S3 client as an application would have one, with that key. */
export function storeWith({ emulator }: Stage, pair: KeyPair): ObjectStore {
  return new ObjectStore(emulator.url(REGION), REGION, pair);
}
