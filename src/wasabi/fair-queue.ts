import { RANK } from '../runtime/priority.ts';
import type { Turn } from '../runtime/turn.ts';

/** What a place in the queue depends on. */
export interface Place {
  readonly namespace: string;
  /** Of the pass that it belongs to. Its priority is asked each time when somebody is taken. */
  readonly turn: Turn;
}

/** While less urgent passes wait, one of so many calls is theirs. */
const SHARE_OF_THE_REST = 8;
/** After so many calls a pass that began stands back and begins anew: emptying a bucket takes thousands. */
const CALLS_IN_A_ROW = 32;

/** A pass that was let through: the earlier, the smaller its number; and how often it was since. */
interface Begun {
  readonly order: number;
  readonly calls: number;
}

/**
 * Calls that wait. The most urgent go first, and one of eight is of the less urgent, so that those end, too. Among these
 * the pass that began first goes on, so that passes end one after another instead of all going on a little; who has not
 * begun waits until none of those that have needs a call. Which one begins next goes round the namespaces: one with a
 * thousand objects delays another's by the passes that it has under way, and not by a thousand.
 */
export class FairQueue<T extends Place> {
  /** A map keeps the order of insertion: its first key is the namespace whose turn it is. */
  readonly #waiting = new Map<string, Set<T>>();
  readonly #begun = new WeakMap<Turn, Begun>();
  #order = 0;
  #size = 0;
  /** Calls in a row for which somebody less urgent was passed over. */
  #passedOver = 0;

  get size(): number {
    return this.#size;
  }

  add(entry: T): void {
    const queue = this.#waiting.get(entry.namespace) ?? new Set();
    this.#waiting.set(entry.namespace, queue.add(entry));
    this.#size += 1;
  }

  /** Nothing happens when the entry is not (any more) in the queue. */
  remove(entry: T): void {
    const queue = this.#waiting.get(entry.namespace);
    if (queue?.delete(entry) !== true) return;
    this.#size -= 1;
    if (queue.size === 0) this.#waiting.delete(entry.namespace);
  }

  /** Takes the next entry out. `undefined`: none waits. Takes time for each that waits: they are as many as calls of passes. */
  take(): T | undefined {
    const all = [...this.#waiting.values()].flatMap((queue) => [...queue]);
    const first = Math.min(...all.map(rankOf));
    const rest = all.filter((entry) => rankOf(entry) > first);
    const isTurnOfRest = rest.length > 0 && this.#passedOver + 1 >= SHARE_OF_THE_REST;
    this.#passedOver = isTurnOfRest || rest.length === 0 ? 0 : this.#passedOver + 1;
    const entry = this.#next(isTurnOfRest ? rest : all.filter((each) => rankOf(each) === first));
    if (entry !== undefined) this.#leave(entry);
    return entry;
  }

  /** @param entries those of the namespace whose turn it is first, and of a namespace the oldest first */
  #next(entries: readonly T[]): T | undefined {
    const orderOf = ({ turn }: T) => this.#begun.get(turn)?.order ?? Number.POSITIVE_INFINITY;
    return entries.reduce<T | undefined>(
      (best, entry) => (best === undefined || orderOf(entry) < orderOf(best) ? entry : best),
      undefined,
    );
  }

  /** The next turn of its namespace comes after all others'. */
  #leave(entry: T): void {
    this.remove(entry);
    const queue = this.#waiting.get(entry.namespace);
    if (queue !== undefined) {
      this.#waiting.delete(entry.namespace);
      this.#waiting.set(entry.namespace, queue);
    }
    const { order, calls } = this.#begun.get(entry.turn) ?? { order: this.#order++, calls: 0 };
    if (calls + 1 < CALLS_IN_A_ROW) this.#begun.set(entry.turn, { order, calls: calls + 1 });
    else this.#begun.delete(entry.turn);
  }
}

function rankOf({ turn }: Place): number {
  return RANK[turn.priority];
}
