import type { State } from './access-key-state.ts';

/** Workloads find a key in their Secret that works. */
function isServing({ secrets: { wanted }, keys }: State): boolean {
  if (wanted?.isRight !== true) return false;
  return keys.some(({ id, isActive, isAccepted }) => id === wanted.keyId && isActive && isAccepted);
}

/** The state, which remembers that workloads have had a key. Pure. */
export function served(state: State): State {
  return state.hasServed || !isServing(state) ? state : { ...state, hasServed: true };
}

/** Which law a state breaks, whatever is under way; undefined: none. Pure. */
export function brokenLaw(state: State): string | undefined {
  if (state.broken !== undefined) return state.broken;
  if (state.hasServed && !state.isDisturbed && !isServing(state)) {
    return 'the Secret that workloads read holds a key that works at every instant';
  }
  return undefined;
}

/** Which law a state breaks where nothing is left to do; undefined: none. Pure. */
export function restViolation(state: State): string | undefined {
  const { object, keys, secrets } = state;
  const ours = keys.filter(({ by }) => by === 'us');
  if (object === undefined) {
    const isClean = ours.length === 0 && Object.values(secrets).every((content) => content === undefined);
    return isClean ? undefined : 'of an object that is gone no key and no Secret is left';
  }
  if (object.isDeleting) return 'a deletion ends';
  // What was begun waits for the end of the freeze.
  if (object.isFrozen) return ours.some(({ isActive }) => isActive) ? 'a freeze stops every key' : undefined;
  // Somebody meant it: nothing is done until the key is active again.
  if (ours.some(({ id, isActive }) => !isActive && id === secrets.wanted?.keyId)) return undefined;
  // They took all the room that there is.
  if (keys.length - ours.length >= 2) return undefined;
  if (object.book.mint !== undefined) return 'no attempt stays open';
  if (ours.some(({ id }) => !object.book.ownKeys.includes(id))) return 'every key of ours is accounted for';
  if (!isServing(state)) return 'workloads have a key that works in the end';
  if (ours.length > 1) return 'keys that nobody needs go';
  // A rotation waits for a stranger's key to go.
  if (keys.length > 1) return undefined;
  if (object.book.rotation !== undefined) return 'a rotation ends';
  if (secrets.next !== undefined || secrets.previous !== undefined) return 'Secrets that nobody needs go';
  const isAnswered = object.request === 0 || object.book.handledRequest === String(object.request);
  return isAnswered ? undefined : 'a rotation that was asked for is made';
}
