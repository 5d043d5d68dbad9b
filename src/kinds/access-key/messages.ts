import { rfc3339 } from '../../managed/conditions.ts';

/** Why a create that may still take effect is waited for. The same text as long as it is the same create. */
export function waitMessage(untilMs: number): string {
  return `a key was announced and may still be created: nothing is done before ${rfc3339(untilMs)}`;
}
