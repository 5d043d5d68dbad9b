import { ReconcileError, toReconcileError } from '../../runtime/errors.ts';
import type { KeyClient } from './client.ts';
import { isPassing } from './follow.ts';
import { applyOutput } from './outputs/apply.ts';
import { type OutputStep, outputSteps } from './outputs/diff.ts';
import { objectText } from './outputs/objects.ts';
import type { Followers } from './read-followers.ts';
import { type RestartStep, restartSteps } from './restart/content.ts';
import { applyRestart } from './restart/restarts.ts';

/** One write after the key. */
export type FollowStep = OutputStep | RestartStep;

/** Makes one write, and notes it for the events of the pass. @throws what the write throws */
export async function applyFollowStep(client: KeyClient, step: FollowStep, signal: AbortSignal): Promise<void> {
  const { followUp, clock } = client;
  if ('target' in step) {
    const { refused } = followUp;
    await applyRestart({ ...client, refused }, step, clock.now(), signal);
    if (step.type === 'Restart' && !refused.has(step.target)) followUp.restarted.push(step.target);
    return;
  }
  await applyOutput(client, step, signal);
  const list = step.type === 'WriteOutput' ? followUp.written : followUp.removed;
  list.push(objectText(step.output.object));
}

/**
 * Whatever outputs need, then workloads: those are restarted once everything that they read is written.
 * @returns what went wrong, write by write
 */
export async function writeFollowers(
  client: KeyClient,
  read: () => Promise<Followers>,
  signal: AbortSignal,
): Promise<readonly ReconcileError[]> {
  const errors: ReconcileError[] = [];
  const make = async (steps: readonly FollowStep[]) => {
    for (const step of steps) {
      await applyFollowStep(client, step, signal).catch((thrown: unknown) => errors.push(toReconcileError(thrown)));
    }
  };
  const found = await read();
  const steps = outputSteps(found.outputs);
  await make(steps);
  await make(restartSteps((steps.length === 0 || found.restarts.length === 0 ? found : await read()).restarts));
  return errors;
}

/**
 * The same before a key is made inactive or revoked that another one has replaced.
 * @throws Transient, Throttled, StaleRead while an output may still hold it
 */
export async function writeBeforeEnd(
  client: KeyClient,
  read: () => Promise<Followers>,
  signal: AbortSignal,
): Promise<void> {
  const blocked: ReconcileError[] = [];
  const noting = async () => {
    const found = await read();
    if (found.outputs.some(({ type }) => type === 'Kept')) throw notUsable();
    blocked.push(...found.outputs.flatMap((output) => (output.type === 'Blocked' ? [output.problem] : [])));
    return found;
  };
  const errors = await writeFollowers(client, noting, signal);
  // What somebody else has to mend holds no key up: that one may have leaked.
  const passing = [...errors, ...blocked].find(isPassing);
  if (passing !== undefined) throw passing;
}

function notUsable(): ReconcileError {
  const message = 'the new key does not work yet, and outputs hold the old one: that one stays until it does';
  return new ReconcileError('Transient', message, { reason: 'KeyNotUsable' });
}
