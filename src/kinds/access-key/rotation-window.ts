import { Cron } from 'croner';
import type { AccessKeySpec } from '../../api/access-key.ts';
import { ReconcileError, toReconcileError } from '../../runtime/errors.ts';

type Window = NonNullable<NonNullable<AccessKeySpec['rotate']>['window']>;

const MINUTE_MS = 60_000;

/** A window as it was read. */
export interface ReadWindow {
  /** The first moment from that one on at which a rotation may begin, ms since the epoch. */
  readonly opensAt: (ms: number) => number;
  /** InvalidSpec: why there is no such moment. */
  readonly problem: ReconcileError | undefined;
}

/** A window that cannot be never opens, and holds up nothing else: the key in use is kept, repaired, and revoked. Pure. */
export function readWindow(window: Window | undefined): ReadWindow {
  try {
    const opensAt = windowOf(window);
    opensAt(0);
    return { opensAt, problem: undefined };
  } catch (thrown) {
    return { opensAt: () => Number.POSITIVE_INFINITY, problem: toReconcileError(thrown) };
  }
}

/**
 * When a rotation may begin. Pure.
 * @returns for a moment, the first one from then on that lies in the window; ms since the epoch
 * @throws InvalidSpec for a schedule that is none or never comes, and for an unknown time zone
 */
function windowOf(window: Window | undefined): (ms: number) => number {
  if (window === undefined) return (ms) => ms;
  const { schedule, durationMinutes, timeZone } = window;
  checkTimeZone(timeZone);
  const cron = parsed(schedule, timeZone);
  const startAfter = (ms: number): number => {
    const start = cron.nextRun(new Date(ms));
    if (start === null) {
      throw invalid('schedule', schedule, 'it never comes: name a day that exists');
    }
    return start.getTime();
  };
  // A window that is open at a moment began after that moment less its length.
  return (ms) => Math.max(ms, startAfter(ms - durationMinutes * MINUTE_MS));
}

function parsed(schedule: string, timezone: string): Cron {
  if (schedule.trim().split(/\s+/u).length !== 5) {
    throw invalid('schedule', schedule, 'five fields are needed, such as "0 3 * * 6" for Saturdays at three');
  }
  try {
    return new Cron(schedule, { timezone, paused: true, mode: '5-part' });
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message.replace(/^Cron\w+: /, '') : '';
    throw invalid(
      'schedule',
      schedule,
      `it must be five fields of cron, such as "0 3 * * 6" for Saturdays at three: ${why}`,
    );
  }
}

function checkTimeZone(timeZone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw invalid('timeZone', timeZone, 'there is no such time zone: take a name such as Europe/Berlin or UTC');
  }
}

function invalid(field: string, value: string, why: string): ReconcileError {
  return new ReconcileError('InvalidSpec', `spec.rotate.window.${field}: "${value}": ${why}`);
}
