import { Credential } from '../../runtime/credential.ts';
import { providerOfTarget } from '../provider-reference.ts';
import { settingsOf } from '../provider-settings.ts';
import { bookOf } from './book.ts';
import { type KeyClient, stateOf } from './client.ts';
import type { DesiredKey } from './desired.ts';
import type { FollowUp } from './follow.ts';
import { earlierNames, type ObservedKey } from './observe.ts';
import { desiredOutputs } from './outputs/desired.ts';
import type { ObservedOutput } from './outputs/diff.ts';
import { type OutputQuestion, observeOutputs } from './outputs/observe.ts';
import { type ObservedRestart, publishedEntry, wantedContent } from './restart/content.ts';
import { observeRestarts, type RestartQuestion } from './restart/restarts.ts';
import { ID_KEY, TEXT_KEY, valueIn } from './secret-object.ts';

/** What follows the key of an object. */
export interface Followers {
  readonly outputs: readonly ObservedOutput[];
  readonly restarts: readonly ObservedRestart[];
  /** What this pass did about them so far. */
  readonly followUp: FollowUp;
}

/** Reads the outputs, then the workloads; nothing where the object has neither. */
export async function readFollowers(
  client: KeyClient,
  desired: DesiredKey,
  observed: ObservedKey,
  signal: AbortSignal,
): Promise<Followers> {
  const { resource, followUp } = client;
  const { outputs: wanted = [], restart = [] } = resource.spec;
  const { outputs: recorded = [] } = resource.status ?? {};
  if (wanted.length + recorded.length + restart.length === 0) return { outputs: [], restarts: [], followUp };
  const key = await publishedKey(client, desired.names.wanted, observed, signal);
  const outputs = await readOutputs(client, desired, key, signal);
  const published = key && { secretName: desired.names.wanted, keyId: key.id };
  const namespace = resource.metadata.namespace ?? '';
  const content = wantedContent({ namespace, published, outputs });
  const question = { wanted: content, replaced: replacedIn(client, desired) };
  const restarts = await observeRestarts({ ...client, refused: followUp.refused }, question, signal);
  return { outputs, restarts, followUp };
}

async function readOutputs(
  client: KeyClient,
  { names }: DesiredKey,
  key: OutputQuestion['key'],
  signal: AbortSignal,
): Promise<readonly ObservedOutput[]> {
  const { resource, lookup, target, userName } = client;
  const { outputs = [] } = resource.spec;
  const { outputs: recorded = [] } = resource.status ?? {};
  if (outputs.length + recorded.length === 0) return [];
  const state = stateOf(client);
  const ownSecrets = [...Object.values(names), ...earlierNames(state, names), ...bookOf(state).previousSecrets];
  const provider = settingsOf(providerOfTarget(lookup, resource, target).spec, undefined);
  const namespace = resource.metadata.namespace ?? '';
  const desired = desiredOutputs(outputs, { namespace, ownSecrets, provider, user: userName });
  return observeOutputs(client, { desired, recorded, ownSecrets, key }, signal);
}

/** While a previous key lives on, a workload that was there before the switch may still have it. */
function replacedIn(client: KeyClient, { names }: DesiredKey): RestartQuestion['replaced'] {
  const { rotation } = bookOf(stateOf(client));
  if (rotation?.step !== 'Retaining' && rotation?.step !== 'Deactivated') return undefined;
  // Workloads know whole seconds.
  const atMs = Math.floor((rotation.sinceMs - client.wasabi.clockOffsetMs()) / 1_000) * 1_000;
  return { name: publishedEntry(names.wanted), atMs };
}

/** The key in the published Secret, if it works and stands there still. */
async function publishedKey(
  { resource, secrets }: KeyClient,
  name: string,
  { facts, recovery }: ObservedKey,
  signal: AbortSignal,
): Promise<OutputQuestion['key']> {
  const { wanted } = facts;
  if (recovery.current === undefined || wanted.type !== 'Ours' || wanted.credential !== 'Works') return undefined;
  const secret = await secrets.read({ namespace: resource.metadata.namespace ?? '', name }, signal);
  if (secret === undefined) return undefined;
  const [id, text] = [valueIn(secret, ID_KEY), valueIn(secret, TEXT_KEY)];
  return id !== recovery.current || text === undefined ? undefined : { id, secret: new Credential(text) };
}
