import type { AccessKey } from '../../api/access-key.ts';
import type { RecordedOutput } from '../../api/key-outputs.ts';
import type { Change, KindStatus, ManagedKind, Target } from '../../managed/kind.ts';
import type { KeyChange } from './changes.ts';
import type { AccessKeyParts, KeyClient } from './client.ts';
import type { DesiredKey } from './desired.ts';
import type { RevokeReason } from './facts.ts';
import { noFollowUp } from './follow.ts';
import { followerStatus } from './follower-status.ts';
import type { ObservedKey } from './observe.ts';
import { leftBehindNote, releaseOutputs, removeOutputs } from './outputs/delete.ts';
import { outputReferences } from './outputs/desired.ts';
import { outputSteps, recordAfter, recordOf } from './outputs/diff.ts';
import { objectText } from './outputs/objects.ts';
import { type Followers, readFollowers } from './read-followers.ts';
import { restartSteps } from './restart/content.ts';
import { applyFollowStep, type FollowStep, writeBeforeEnd, writeFollowers } from './write-followers.ts';

type KeyKind<Observed, C extends Change> = ManagedKind<AccessKey, DesiredKey, Observed, C, KeyClient>;

interface ObservedWithOutputs extends ObservedKey {
  readonly followers: Followers;
}

/** `step` undefined: whatever follows the key once that is as it should be. */
interface FollowChange extends Change {
  readonly step: FollowStep | undefined;
  readonly isFollowUp: true;
}

/**
 * The key first, then its outputs, then the workloads that read it: they follow the published Secret alone, and only while
 * the key in it works. Nothing that goes wrong with them keeps a key from being made or replaced.
 */
export function withOutputs(
  kind: Omit<KeyKind<ObservedKey, KeyChange>, 'recall'>, // keys are read in every pass
  { kube, lookup }: Pick<AccessKeyParts, 'kube' | 'lookup'>,
): KeyKind<ObservedWithOutputs, KeyChange | FollowChange> {
  const observe: KeyKind<ObservedWithOutputs, KeyChange>['observe'] = async (client, target, desired, signal) => {
    const observed = await kind.observe(client, target, desired, signal);
    if (observed === undefined || desired === undefined) return observed && { ...observed, followers: none() };
    return { ...observed, followers: await readFollowers(client, desired, observed, signal) };
  };
  const readAgain = async (client: KeyClient, target: Target, signal: AbortSignal): Promise<Followers> =>
    (await observe(client, target, kind.desired(client.resource, target), signal))?.followers ?? none();
  return {
    ...kind,
    references: (resource) => [
      ...kind.references(resource),
      ...outputReferences(resource.spec.outputs, resource.metadata.namespace),
    ],
    observe,
    announce: (resource, _desired, observed) => recordFields(resource, recordOf(observed?.followers.outputs ?? [])),
    diff: (desired, observed, marker) =>
      withFollowUp(kind.diff(desired, observed, marker), observed?.followers ?? none()),
    apply: async (client, target, change, signal) => {
      const read = () => readAgain(client, target, signal);
      if ('isFollowUp' in change) return applyFollowUp(client, change, read, signal);
      if (endsReplacedKey(change) && hasOutputs(client.resource)) await writeBeforeEnd(client, read, signal);
      return kind.apply(client, target, change, signal);
    },
    delete: async (client, resource, target, policy, signal) => {
      const deletion = await kind.delete(client, resource, target, policy, signal);
      if (deletion.type !== 'Done' || policy === 'Retain') return deletion;
      const left = await leftBehindNote(client, resource.status?.outputs ?? [], signal);
      const notes = [deletion.note, left].filter((note) => note !== undefined);
      return notes.length === 0 ? deletion : { ...deletion, note: notes.join('; ') };
    },
    releaseChildren: async (resource, which, signal) => {
      await kind.releaseChildren?.(resource, which, signal);
      const staysAlive = which === 'All' || resource.spec.deletionPolicy === 'Retain';
      const undo = staysAlive ? releaseOutputs : removeOutputs;
      await undo({ kube, lookup, resource }, resource.status?.outputs ?? [], signal);
    },
    status: (resource, target, desired, observed, facts) =>
      joined(resource, kind.status(resource, target, desired, observed, facts), observed?.followers ?? none()),
  };
}

function none(): Followers {
  return { outputs: [], restarts: [], followUp: noFollowUp() };
}

function withFollowUp(
  changes: readonly KeyChange[],
  { outputs, restarts }: Followers,
): readonly (KeyChange | FollowChange)[] {
  if (outputs.length + restarts.length === 0) return changes;
  const isOfRotationAlone = changes.every(({ isOfRotation }) => isOfRotation === true);
  // A rotation that cannot go on holds up nothing that follows the key in use.
  const steps = isOfRotationAlone ? [...outputSteps(outputs), ...restartSteps(restarts)] : [];
  const hasMore = changes.length > 0 || (restarts.length > 0 && restartSteps(restarts).length < steps.length);
  return [...steps.map(changeOf), ...changes, ...(hasMore ? [AFTER_THE_KEY] : [])];
}

async function applyFollowUp(
  client: KeyClient,
  { step }: FollowChange,
  read: () => Promise<Followers>,
  signal: AbortSignal,
): Promise<void> {
  if (step !== undefined) return applyFollowStep(client, step, signal);
  const [error] = await writeFollowers(client, read, signal);
  if (error !== undefined) throw error;
}

function joined(resource: AccessKey, status: KindStatus, followers: Followers): KindStatus {
  const own = followerStatus(resource, followers);
  const wakes = [status.wakeAfterMs, own.wakeAfterMs].filter((ms) => ms !== undefined);
  return {
    ...status,
    fields: { ...status.fields, ...recordFields(resource, recordAfter(followers.outputs)) },
    conditions: [...(status.conditions ?? []), ...own.conditions],
    events: [...(status.events ?? []), ...own.events],
    failure: status.failure ?? own.failure,
    wakeAfterMs: wakes.length === 0 ? undefined : Math.min(...wakes),
  };
}

function hasOutputs({ spec, status }: AccessKey): boolean {
  return (spec.outputs ?? []).length + (status?.outputs ?? []).length > 0;
}

/** The key that goes is one that outputs may hold, and another one has taken its place. */
function endsReplacedKey({ step }: KeyChange): boolean {
  return step.type === 'Deactivate' || (step.type === 'Revoke' && ENDS.has(step.why));
}

const ENDS: ReadonlySet<RevokeReason> = new Set(['Superseded', 'Retired']);

const AFTER_THE_KEY: FollowChange = {
  type: 'WriteOutputs',
  summary: 'write the outputs of the key, and restart what reads them',
  isToldElsewhere: true,
  step: undefined,
  isFollowUp: true,
};

function changeOf(step: FollowStep): FollowChange {
  const rest = { isToldElsewhere: true, step, isFollowUp: true } as const;
  switch (step.type) {
    case 'WriteOutput':
      return { type: step.type, summary: `write ${objectText(step.output.object)}`, ...rest };
    case 'RemoveOutput':
      return { type: step.type, summary: `remove ${objectText(step.output.object)}`, ...rest };
    case 'Record':
      return { type: 'RecordContent', summary: `note on ${step.target} what its Secrets hold`, ...rest };
    case 'Restart':
      return { type: 'RestartWorkload', summary: `restart ${step.target}`, ...rest };
  }
}

/** `status.outputs`; an object that never had any has no such field. */
function recordFields(resource: AccessKey, record: readonly RecordedOutput[]): Readonly<Record<string, unknown>> {
  if (record.length > 0) return { outputs: record };
  return resource.status?.outputs === undefined ? {} : { outputs: undefined };
}
