import { FifoSet } from './fifo-set.ts';
import { PRIORITIES, type Priority } from './priority.ts';

type ByPriority<T> = { readonly [P in Priority]: T };

interface Group {
  readonly name: string;
  running: number;
  readonly waiting: ByPriority<FifoSet>;
}

/**
 * Keys that may be taken now, by priority, and within a priority by group. Groups have turns: one with a thousand keys
 * delays another's by one key. Within a group, first come, first served. A group of which `maxRunning` keys run gives
 * none until one of them ends, and the last `userPlaces` of them are for keys of the priority 'user'. Every operation
 * takes constant time, however many keys and groups there are.
 */
export class GroupLanes {
  /** How many keys of a group may run, that one of them may be taken. */
  readonly #places: ByPriority<number>;
  readonly #groups = new Map<string, Group>();
  /** Names of the groups that may give a key, in the order of their turns. */
  readonly #turns: ByPriority<FifoSet> = each(() => new FifoSet());
  /** Of these, the ones of which no key runs. */
  readonly #idleTurns: ByPriority<FifoSet> = each(() => new FifoSet());
  readonly #sizes = { user: 0, retry: 0, initial: 0, resync: 0 };

  constructor({ maxRunning, userPlaces }: { readonly maxRunning: number; readonly userPlaces: number }) {
    this.#places = { ...each(() => maxRunning - userPlaces), user: maxRunning };
  }

  /** How many keys wait. */
  size(priority: Priority): number {
    return this.#sizes[priority];
  }

  /** At the end of its group's lane; the key is in no lane yet. */
  add(key: string, group: string, priority: Priority): void {
    const found = this.#groups.get(group) ?? { name: group, running: 0, waiting: each(() => new FifoSet()) };
    this.#groups.set(group, found);
    found.waiting[priority].add(key);
    this.#sizes[priority]++;
    this.#place(found, priority);
  }

  /** Out of the lane where `add` has put it. */
  delete(key: string, group: string, priority: Priority): void {
    const found = this.#groups.get(group);
    if (found === undefined) return;
    found.waiting[priority].delete(key);
    this.#sizes[priority]--;
    this.#settle(found);
  }

  /**
   * The next key: it runs from now on, until `ended`. `undefined`: none may be taken.
   * @param onlyIdle only of groups of which no key runs
   */
  take(onlyIdle: boolean): { readonly key: string; readonly group: string; readonly priority: Priority } | undefined {
    for (const priority of PRIORITIES) {
      const name = (onlyIdle ? this.#idleTurns : this.#turns)[priority].take();
      const group = name === undefined ? undefined : this.#groups.get(name);
      const key = group?.waiting[priority].take();
      if (group === undefined || key === undefined) continue;
      this.#turns[priority].delete(group.name); // its turn is over: the next one comes after all others'
      this.#idleTurns[priority].delete(group.name);
      this.#sizes[priority]--;
      group.running++;
      this.#settle(group);
      return { key, group: group.name, priority };
    }
    return undefined;
  }

  /** A key of that group does not run any more. */
  ended(group: string): void {
    const found = this.#groups.get(group);
    if (found === undefined) return;
    found.running--;
    this.#settle(found);
  }

  #settle(group: Group): void {
    for (const priority of PRIORITIES) this.#place(group, priority);
    const isEmpty = PRIORITIES.every((priority) => group.waiting[priority].size === 0);
    if (isEmpty && group.running === 0) this.#groups.delete(group.name);
  }

  /** Whoever has a turn already keeps it. */
  #place({ name, running, waiting }: Group, priority: Priority): void {
    const hasKeys = waiting[priority].size > 0;
    setMember(this.#turns[priority], name, hasKeys && running < this.#places[priority]);
    setMember(this.#idleTurns[priority], name, hasKeys && running === 0);
  }
}

function setMember(set: FifoSet, item: string, isMember: boolean): void {
  if (isMember) set.add(item);
  else set.delete(item);
}

function each<T>(make: () => T): ByPriority<T> {
  return { user: make(), retry: make(), initial: make(), resync: make() };
}
