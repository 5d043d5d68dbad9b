import type { AccessKey as ServiceKey } from '../../src/emulator/accounts.ts';
import type { Emulator } from '../../src/emulator/server.ts';

/** Counts each user's keys at every instant at which one is made, and keeps them all. */
export function watchKeys({ state }: Emulator): { count: number; readonly made: ServiceKey[] } {
  const most = { count: 0, made: [...state.keys.values()] };
  const { keys } = state;
  const set = keys.set.bind(keys);
  keys.set = (id, key) => {
    set(id, key);
    most.made.push(key);
    const now = [...keys.values()].filter(({ userName }) => userName === key.userName).length;
    most.count = Math.max(most.count, now);
    return keys;
  };
  return most;
}
