import { PRIORITIES, type Priority, RANK } from './priority.ts';

/** So long may go on in one turn of the event loop before whoever wants to begin with something waits for a later one; ms. */
const BUDGET_MS = 4;
/** So many may begin in one turn: how long they take shows when they have begun. */
const MOST_A_TURN = 4;
/** While more urgent ones wait, too, one of so many turns is of the least urgent: those shall end. */
const SHARE_OF_THE_REST = 8;

/**
 * Divides the event loop among passes. Hundreds of them wait for answers; where these come faster than they can be worked
 * on, each turn of the loop would take all that has come, half a second of it, and an edit would wait as long at each of its
 * steps. Here a turn begins with no more than takes a few milliseconds, and the others wait by priority: one of them a
 * turn. While the loop has time nobody waits, and nothing but a look at the clock is done.
 */
export class LoopShare {
  readonly #waiting: readonly (() => void)[][] = PRIORITIES.map(() => []);
  #served = 0;
  #begun = 0;
  /** When this turn began; undefined: nobody was here in this turn. */
  #beganMs: number | undefined;

  /** Before a piece of work that keeps the loop busy for a millisecond or so. Undefined: it may begin now. */
  enter(priority: Priority): Promise<void> | undefined {
    if (this.#beganMs === undefined) {
      this.#beganMs = performance.now();
      setImmediate(this.#next);
    }
    const isFree = this.#begun < MOST_A_TURN && performance.now() - this.#beganMs < BUDGET_MS;
    if (isFree && !this.#waiting.some(isOccupied)) {
      this.#begun += 1;
      return undefined;
    }
    return new Promise((resolve) => this.#waiting[RANK[priority]]?.push(resolve));
  }

  /** A turn of the loop begins: with one of those that wait. What it does is over before the next turn looks. */
  readonly #next = (): void => {
    const begin = this.#take();
    this.#begun = begin === undefined ? 0 : 1;
    this.#beganMs = begin && performance.now();
    if (begin === undefined) return;
    setImmediate(this.#next);
    begin();
  };

  #take(): (() => void) | undefined {
    const isOfTheRest = (this.#served + 1) % SHARE_OF_THE_REST === 0;
    const lane = isOfTheRest ? this.#waiting.findLast(isOccupied) : this.#waiting.find(isOccupied);
    if (lane !== undefined) this.#served += 1;
    return lane?.shift();
  }
}

function isOccupied(lane: readonly unknown[]): boolean {
  return lane.length > 0;
}
