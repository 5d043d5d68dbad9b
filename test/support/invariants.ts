import type { AccessKey } from '../../src/api/access-key.ts';
import type { Bucket } from '../../src/api/bucket.ts';
import { SECRETS } from '../../src/api/core-types.ts';
import { KINDS } from '../../src/api/kinds.ts';
import { parseResourcePath, type ResourcePath } from '../../src/devcluster/path.ts';
import type { SecretObject } from '../../src/kinds/provider-secrets.ts';
import { FINALIZER, REVOKE_KEYS } from '../../src/managed/annotations.ts';
import { isTrue } from '../../src/managed/conditions.ts';
import type { ManagedStatus } from '../../src/managed/kind.ts';
import { typeOf } from './builders.ts';
import { operationOf } from './call-names.ts';
import type { Side, Victim } from './crash-victim.ts';
import type { ProxiedCall } from './proxy.ts';
import type { World } from './world.ts';

/** A rule of docs/reliability.md that an operator was about to break. */
export interface Broken {
  readonly invariant: string;
  /** The call, and what speaks against it. */
  readonly what: string;
  /** When, on the monotonic clock of this process; milliseconds. */
  readonly atMs: number;
}

/** Something that must hold at the very moment of a call; asked before the call goes on to its server. */
interface Invariant {
  readonly id: string;
  readonly side: Side;
  /** What is wrong with the call now; undefined: nothing. */
  readonly problem: (world: World, call: ProxiedCall) => Promise<string | undefined>;
}

const KIND_OF = new Map(KINDS.map(({ type }) => [type.plural, type.kind]));
/** Calls that take a bucket or what is in it away. */
const TAKES_AWAY = new Set(['DeleteBucket', 'DeleteObjects', 'DeleteObject', 'AbortMultipartUpload']);

const INVARIANTS: readonly Invariant[] = [
  { id: 'I2: a key that workloads read is not revoked', side: 'wasabi', problem: lastCopyLost },
  { id: 'I3: data goes only where a live object that is being deleted says so', side: 'wasabi', problem: dataLost },
  { id: 'I4: the finalizer goes after what it stands for', side: 'kube', problem: orphaned },
  { id: 'I8: a user has two keys at most', side: 'wasabi', problem: tooManyKeys },
  { id: 'I9: Ready turns True where the service agrees', side: 'kube', problem: untrue },
  { id: 'I12: no call outside of the namespaces that are watched', side: 'kube', problem: strayed },
];

/** Asks every invariant at every call of an operator. What it finds is kept, and the call goes on. */
export class InvariantMonitor {
  readonly #world: World;
  readonly #onCall: (side: Side, call: ProxiedCall) => void;
  readonly #broken: Broken[] = [];

  constructor(world: World, onCall: (side: Side, call: ProxiedCall) => void) {
    this.#world = world;
    this.#onCall = onCall;
  }

  /** In the order in which it was found. */
  get broken(): readonly Broken[] {
    return this.#broken;
  }

  /** From now on the calls through these proxies are looked at. */
  watch(proxies: Victim['proxies']): void {
    for (const side of ['kube', 'wasabi'] as const) {
      const own = INVARIANTS.filter((invariant) => invariant.side === side);
      proxies[side].observe(async (call) => {
        this.#onCall(side, call);
        for (const { id, problem } of own) {
          const what = await problem(this.#world, call).catch((error: unknown) => `cannot be told: ${String(error)}`);
          if (what === undefined) continue;
          const text = `${call.method} ${call.url} ${operationOf(call)}: ${what}`;
          this.#broken.push({ invariant: id, what: text, atMs: call.atMs });
        }
      });
    }
  }
}

async function lastCopyLost(world: World, call: ProxiedCall): Promise<string | undefined> {
  if (!call.body.includes('Action=DeleteAccessKey')) return undefined;
  const id = new URLSearchParams(call.body).get('AccessKeyId') ?? '';
  const key = world.emulator.state.keys.get(id);
  if (key === undefined) return undefined;
  for (const namespace of placesOf(world)) {
    const { items } = await world.cluster.admin.list<SecretObject>(SECRETS, namespace);
    for (const secret of items) {
      const owner = secret.metadata.ownerReferences?.find(({ kind }) => kind === 'AccessKey')?.name;
      const isCopy =
        valueOf(secret, 'access-key-id') === id && valueOf(secret, 'secret-access-key') === key.secretAccessKey;
      if (owner === undefined || !isCopy) continue;
      const object = await world.get<AccessKey>('AccessKey', owner, namespace);
      if (object === undefined || object.metadata.deletionTimestamp !== undefined) continue;
      const isPublished = secret.metadata.name === (object.spec.secret?.name ?? `${owner}-credentials`);
      const isAsked = (object.metadata.annotations?.[REVOKE_KEYS] ?? '').includes(id);
      if (isPublished && !isAsked) return `Secret ${secret.metadata.name} has it, and AccessKey ${owner} lives`;
    }
  }
  return undefined;
}

async function dataLost(world: World, call: ProxiedCall): Promise<string | undefined> {
  const operation = operationOf(call);
  if (!TAKES_AWAY.has(operation)) return undefined;
  const { pathname, searchParams } = new URL(call.url, 'http://any');
  const name = decodeURIComponent(pathname.split('/')[1] ?? '');
  const empties = operation !== 'DeleteBucket' || searchParams.has('force_delete');
  const objects: Bucket[] = [];
  for (const namespace of placesOf(world)) {
    const { items } = await world.cluster.admin.list<Bucket>(typeOf('Bucket'), namespace);
    objects.push(...items.filter(({ metadata, spec }) => (spec.name ?? metadata.name) === name));
  }
  const allowed = objects.some(({ metadata, spec }) => {
    const isGoing = metadata.deletionTimestamp !== undefined && spec.deletionPolicy === 'Delete';
    return isGoing && (!empties || spec.forceDelete);
  });
  return allowed
    ? undefined
    : `no object that is being deleted allows it: ${JSON.stringify(objects.map(({ spec }) => spec))}`;
}

async function orphaned(world: World, call: ProxiedCall): Promise<string | undefined> {
  const target = ownObject(call);
  if (target === undefined || call.method !== 'PATCH' || target.subresource !== undefined) return undefined;
  const { metadata } = JSON.parse(call.body) as { metadata?: { finalizers?: readonly string[] | null } }; // ours
  const kept = metadata?.finalizers;
  if (kept === undefined || (kept ?? []).includes(FINALIZER)) return undefined;
  const object = await world.get(target.kind, target.name, target.namespace);
  if (object?.metadata.deletionTimestamp === undefined) return undefined;
  const { deletionPolicy } = object.spec;
  if (target.kind === 'Bucket' && deletionPolicy === 'Delete') {
    const { spec, metadata: own } = object as Bucket; // by its kind
    return world.emulator.state.buckets.has(spec.name ?? own.name) ? 'the bucket is still there' : undefined;
  }
  if (target.kind === 'AccessKey' && deletionPolicy !== 'Retain') {
    const { status } = object as AccessKey; // by its kind
    const ids = [status?.accessKeyId, ...(status?.ownKeys ?? []), ...(status?.claimedKeys ?? [])];
    const left = ids.filter((id) => id !== undefined && world.emulator.state.keys.has(id));
    return left.length > 0 ? `${left.length} of its keys live` : undefined;
  }
  return undefined;
}

function tooManyKeys(world: World, _call: ProxiedCall): Promise<string | undefined> {
  const counts = new Map<string, number>();
  for (const { userName } of world.emulator.state.keys.values()) {
    if (userName !== undefined) counts.set(userName, (counts.get(userName) ?? 0) + 1);
  }
  const most = Math.max(0, ...counts.values());
  return Promise.resolve(most > 2 ? `a user has ${most}` : undefined);
}

async function untrue(world: World, call: ProxiedCall): Promise<string | undefined> {
  const target = ownObject(call);
  if (target?.subresource !== 'status') return undefined;
  const { status } = JSON.parse(call.body) as { status?: ManagedStatus }; // ours
  if (!isTrue(status?.conditions, 'Ready')) return undefined;
  const object = await world.get(target.kind, target.name, target.namespace);
  // Only what turns it was looked at in this very pass.
  if (object === undefined || isTrue(object.status?.conditions, 'Ready')) return undefined;
  if (target.kind === 'Bucket') {
    const { spec, metadata } = object as Bucket; // by its kind
    return world.emulator.state.buckets.has(spec.name ?? metadata.name) ? undefined : 'there is no such bucket';
  }
  if (target.kind !== 'AccessKey') return undefined;
  const { spec, metadata } = object as AccessKey; // by its kind
  const name = spec.secret?.name ?? `${metadata.name}-credentials`;
  const secret = await world.cluster.admin.get<SecretObject>(SECRETS, { namespace: metadata.namespace ?? '', name });
  const id = secret && valueOf(secret, 'access-key-id');
  const key = world.emulator.state.keys.get(id ?? '');
  const works = key?.status === 'Active' && secret && valueOf(secret, 'secret-access-key') === key.secretAccessKey;
  return works === true ? undefined : `what stands in Secret ${name} does not work`;
}

function strayed(world: World, { url }: ProxiedCall): Promise<string | undefined> {
  const namespace = parseResourcePath(url.split('?')[0] ?? '')?.namespace;
  const isOutside = namespace !== undefined && !placesOf(world).includes(namespace);
  return Promise.resolve(isOutside ? `namespace ${namespace} is not watched` : undefined);
}

interface OwnObject extends Pick<ResourcePath, 'subresource'> {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/** The object of a kind of ours that the call is about; undefined: none. */
function ownObject({ url }: ProxiedCall): OwnObject | undefined {
  const found = parseResourcePath(url.split('?')[0] ?? '');
  const kind = KIND_OF.get(found?.plural ?? '');
  if (found?.name === undefined || found.namespace === undefined || kind === undefined) return undefined;
  return { kind, namespace: found.namespace, name: found.name, subresource: found.subresource };
}

function placesOf({ namespace, neighbours }: World): readonly string[] {
  return [namespace, ...neighbours];
}

function valueOf({ data = {} }: SecretObject, key: string): string {
  return Buffer.from(data[key] ?? '', 'base64').toString('utf8');
}
