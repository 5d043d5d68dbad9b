import { OF_KEYS } from './keys.ts';
import { OF_OBJECTS, OF_WORK } from './objects.ts';
import { OF_OPERATOR } from './operator.ts';
import type { Runbook } from './runbook.ts';

/** Every runbook, by the name of its alert. */
export const RUNBOOKS: Readonly<Record<string, Runbook>> = { ...OF_OBJECTS, ...OF_KEYS, ...OF_WORK, ...OF_OPERATOR };

/** The runbook of that alert. @throws Error when there is none */
export function runbookOf(alert: string): Runbook {
  const found = RUNBOOKS[alert];
  if (found === undefined) throw new Error(`no runbook of ${alert}`);
  return found;
}
