import type { AccessKey } from '../../api/access-key.ts';
import { eventReasonOf } from '../../api/event-reasons.ts';
import { findCondition, shorten } from '../../managed/conditions.ts';
import type { KindCondition, KindEvent, KindStatus } from '../../managed/kind.ts';
import type { ReconcileError } from '../../runtime/errors.ts';
import { isPassing } from './follow.ts';
import { outputFailure } from './outputs/diff.ts';
import type { Followers } from './read-followers.ts';

/** A workload that could not be restarted is looked at again after so long; ms. */
const BLOCKED_RETRY_MS = 300_000;

/** What follows the key, as far as it is told besides `status.outputs`. */
interface FollowerStatus extends Pick<KindStatus, 'failure' | 'wakeAfterMs'> {
  readonly conditions: readonly KindCondition[];
  readonly events: readonly KindEvent[];
}

/** Conditions, events and failure of what follows the key. Pure. No key id. */
export function followerStatus(resource: AccessKey, { outputs, restarts, followUp }: Followers): FollowerStatus {
  const problems = restarts.flatMap((restart) => (restart.type === 'Blocked' ? [restart.problem] : []));
  const lasting = problems.filter((problem) => !isPassing(problem));
  const condition = restartCondition(lasting);
  const before = findCondition(resource.status?.conditions, 'RestartBlocked')?.message;
  const isNews = condition !== undefined && before !== shorten(condition.message);
  return {
    conditions: condition === undefined ? [] : [condition],
    events: [
      ...writtenEvents(followUp),
      ...(isNews
        ? [
            {
              type: 'Warning',
              reason: eventReasonOf(condition.reason, 'ReconcileFailed'),
              note: condition.message,
            } as const,
          ]
        : []),
    ],
    failure: outputFailure(outputs) ?? problems.find(isPassing),
    wakeAfterMs: condition === undefined ? undefined : BLOCKED_RETRY_MS,
  };
}

function restartCondition([first, ...others]: readonly ReconcileError[]): KindCondition | undefined {
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : ` (and ${others.length} more of spec.restart)`;
  return { type: 'RestartBlocked', status: 'True', reason: first.reason, message: `${first.message}${more}` };
}

function writtenEvents({ written, removed, restarted }: Followers['followUp']): readonly KindEvent[] {
  const done = [
    ...(written.length === 0 ? [] : [`written: ${unique(written)}`]),
    ...(removed.length === 0 ? [] : [`removed: ${unique(removed)}`]),
  ];
  return [
    ...(done.length === 0 ? [] : [{ type: 'Normal', reason: 'OutputsWritten', note: done.join('; ') } as const]),
    ...restarted.map((target): KindEvent => {
      const note = `${target} makes its pods anew, since the content of its Secrets changed`;
      return { type: 'Normal', reason: 'WorkloadRestarted', note };
    }),
  ];
}

function unique(names: readonly string[]): string {
  return [...new Set(names)].join(', ');
}
