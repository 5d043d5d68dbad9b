import type { RecordedOutput } from '../../../api/key-outputs.ts';
import { ReconcileError } from '../../../runtime/errors.ts';
import { isObjectGone, toKubeReconcileError } from '../../../runtime/kube-errors.ts';
import { tolerateIn } from '../refused-write.ts';
import { applyOutput } from './apply.ts';
import type { UnwantedOutput } from './diff.ts';
import { keyOfObject, objectText, typeOfObject } from './objects.ts';
import { type OutputClient, observeUnwanted } from './observe.ts';

/**
 * Removes everything that status lists, once the keys in it are revoked. Safe to repeat. Where a grant is gone, or a
 * Secret of somebody else's is immutable, nothing is touched: what stands there is of no use to anybody.
 */
export async function removeOutputs(
  client: OutputClient,
  recorded: readonly RecordedOutput[],
  signal: AbortSignal,
): Promise<void> {
  for (const output of (await recordedOutputs(client, recorded, signal)).standing) {
    await applyOutput(client, { type: 'RemoveOutput', output }, signal).catch((thrown: unknown) =>
      tolerateIn(client.lookup, client.resource, thrown),
    );
  }
}

/** Takes our owner reference off, so that the objects outlive theirs with the key that works on. Safe to repeat. */
export async function releaseOutputs(
  client: OutputClient,
  recorded: readonly RecordedOutput[],
  signal: AbortSignal,
): Promise<void> {
  const { kube, lookup, resource } = client;
  for (const { object, standing } of (await recordedOutputs(client, recorded, signal)).standing) {
    const { ownerReferences: owners = [], resourceVersion } = standing.metadata;
    const ownerReferences = owners.filter(({ uid }) => uid !== resource.metadata.uid);
    if (ownerReferences.length === owners.length) continue;
    const body = { metadata: { resourceVersion, ownerReferences } };
    const released = kube.patch(typeOfObject(object), keyOfObject(object), { type: 'merge', body }, { signal });
    await released.catch((thrown: unknown) => {
      if (!isObjectGone(thrown)) tolerateIn(lookup, resource, toKubeReconcileError(thrown));
    });
  }
}

/** What a deletion leaves behind, for people: nobody lets us take it away. Reads, never writes. `undefined`: nothing. */
export async function leftBehindNote(
  client: OutputClient,
  recorded: readonly RecordedOutput[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const { left } = await recordedOutputs(client, recorded, signal);
  if (left.length === 0) return undefined;
  return `left behind, with keys that work no more: ${left.map(objectText).join(', ')}: the grant is gone, or the Secret is immutable; delete them there`;
}

/** `standing`: ours to remove. `left`: nobody lets us. */
async function recordedOutputs(
  client: OutputClient,
  recorded: readonly RecordedOutput[],
  signal: AbortSignal,
): Promise<{ readonly standing: readonly UnwantedOutput[]; readonly left: readonly RecordedOutput[] }> {
  const standing: UnwantedOutput[] = [];
  const left: RecordedOutput[] = [];
  for (const object of recorded) {
    const output = await observeUnwanted(client, object, signal).catch((thrown: unknown) => {
      if (thrown instanceof ReconcileError && LEAVES.has(thrown.reason)) left.push(object);
      else tolerateIn(client.lookup, client.resource, thrown);
      return undefined;
    });
    if (output?.type === 'Unwanted') standing.push(output);
  }
  return { standing, left };
}

/** What somebody else would have to mend for an object of which only a worthless key would go. */
const LEAVES: ReadonlySet<string> = new Set(['RefNotPermitted', 'SecretInvalid']);
