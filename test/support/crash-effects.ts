import type { LoggedCall } from '../../src/emulator/call-log.ts';
import type { Boundary } from './boundary.ts';
import type { Side } from './crash-victim.ts';
import type { ProxiedCall, Verdict } from './proxy.ts';
import type { World } from './world.ts';

/** What becomes of the call: the operator dies before or after its effect, or the call or its answer is lost. */
export const VERDICTS = ['cutBefore', 'cutAfter', 'dropRequest', 'dropResponse'] as const satisfies readonly Verdict[];

/** A call that goes wrong; of the operator that works then, counted since the path began or, of a successor, since it did. */
export interface Fault extends Boundary {
  readonly verdict: (typeof VERDICTS)[number];
}

/** How often each operation that makes something in the service, or takes it away, changed it; by its name. */
export type Effects = Readonly<Record<string, number>>;

const MADE_OR_GONE =
  /^(Create|Delete|Put|Attach|Detach)(Bucket|User|Policy|PolicyVersion|AccessKey|UserPolicy|BucketPolicy)$/;

/** What operators made and took away, after so many calls. */
export function effectsAfter(world: World, seq: number): Effects {
  const counts: Record<string, number> = {};
  for (const call of world.operatorCalls()) {
    if (call.seq <= seq || !hasChanged(call) || !MADE_OR_GONE.test(call.operation)) continue;
    counts[call.operation] = (counts[call.operation] ?? 0) + 1;
  }
  return counts;
}

function hasChanged({ status, revision, revisionBefore }: LoggedCall): boolean {
  return status < 300 && revision !== revisionBefore;
}

/** The last call that the service has seen, as a mark. */
export function lastCallOf({ emulator }: World): number {
  return emulator.calls.at(-1)?.seq ?? 0;
}

/**
 * The one exception from equal counts: the text of a key is told once. Where it got lost on the way from the service to
 * its Secret, the key is useless: it goes, and another one is made.
 */
export function withLostKeys(effects: Effects, lost: number): Effects {
  if (lost === 0) return effects;
  const more = (name: string) => ({ [name]: (effects[name] ?? 0) + lost });
  return { ...effects, ...more('CreateAccessKey'), ...more('DeleteAccessKey') };
}

/** A call that a fault hit. */
export interface Hit {
  readonly call: ProxiedCall;
  readonly verdict: Fault['verdict'];
}

/**
 * Whether the text of a key was lost by the last of these faults.
 * @param calls of the operator that it hit, since that one began
 * @param hits of the same operator: only the last can have ended it
 */
export function losesKey(calls: Readonly<Record<Side, readonly ProxiedCall[]>>, hits: readonly Hit[]): boolean {
  const last = hits.at(-1);
  if (last === undefined) return false;
  const hitOf = (call: ProxiedCall) => hits.find((hit) => hit.call === call);
  const hasEffect = (call: ProxiedCall) => !['cutBefore', 'dropRequest'].includes(hitOf(call)?.verdict ?? 'pass');
  if (!last.verdict.startsWith('cut')) return isMint(last.call) && hasEffect(last.call);
  // A mint whose answer was dropped has been counted by then.
  const isTold = (call: ProxiedCall) => hitOf(call)?.verdict !== 'dropResponse';
  const minted = calls.wasabi.filter((call) => isMint(call) && hasEffect(call) && isTold(call)).at(-1);
  if (minted === undefined) return false;
  return !calls.kube.some((call) => call.atMs > minted.atMs && isDelivery(call) && hasEffect(call));
}

function isMint({ body }: ProxiedCall): boolean {
  return body.includes('Action=CreateAccessKey');
}

/** Writes a key into a Secret. */
function isDelivery({ method, url, body }: ProxiedCall): boolean {
  return method !== 'GET' && url.includes('/secrets') && !url.includes('dryRun') && body.includes('access-key-id');
}
