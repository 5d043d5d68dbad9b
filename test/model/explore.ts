/** What a model may do next from a state. */
export interface Move<S> {
  /** What happens, for people who read how a law was broken. */
  readonly title: string;
  readonly state: S;
}

/** A system of states, as a search looks at it. All functions are pure. */
export interface Model<S> {
  readonly initial: readonly Move<S>[];
  moves(state: S): readonly Move<S>[];
  /** Which law the state breaks; undefined: none. */
  violation(state: S): string | undefined;
  /** What happens when nothing goes wrong any more; undefined: the state is at rest. */
  calm(state: S): Move<S> | undefined;
  /** Equal for states that no law and no calm move tells apart. */
  textOf(state: S): string;
  /** What other moves depend on beside that: how much may still go wrong. */
  budgetTextOf(state: S): string;
  /** Which law a state at rest breaks; undefined: none. */
  restViolation(state: S): string | undefined;
}

/** What a search found. */
export interface Exploration {
  readonly states: number;
  readonly moves: number;
  /** The first law that was broken, and the way to it; undefined: none was. */
  readonly found: { readonly law: string; readonly way: readonly string[] } | undefined;
  /** false: there were more states than the search was to look at. */
  readonly isComplete: boolean;
}

/** Who does not come to rest within so many calm moves never does. */
const MOST_CALM_MOVES = 300;

/**
 * Looks at every state that the moves lead to, each once, and from each goes on without faults to where it comes to rest.
 * Of a state 53 bits of a hash are kept: of two million states one is taken for another with a chance of 1 in 4,000.
 */
export function explore<S>(model: Model<S>, mostStates: number): Exploration {
  const seen = new Set<number>();
  const calmed = new Set<number>();
  let moves = 0;
  const way: string[] = [];
  const open: { readonly left: Move<S>[] }[] = [{ left: [...model.initial] }];
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    const next = top.left.pop();
    if (next === undefined) {
      open.pop();
      way.pop();
      continue;
    }
    moves += 1;
    const text = model.textOf(next.state);
    const hash = hashOf(`${model.budgetTextOf(next.state)};${text}`);
    if (seen.has(hash)) continue;
    if (seen.size >= mostStates) return { states: seen.size, moves, found: undefined, isComplete: false };
    seen.add(hash);
    way.push(next.title);
    const law = model.violation(next.state);
    if (law !== undefined) return { states: seen.size, moves, found: { law, way }, isComplete: false };
    const unrest = unrestFrom(model, next.state, text, calmed);
    if (unrest !== undefined) {
      const found = { law: unrest.law, way: [...way, ...unrest.way] };
      return { states: seen.size, moves, found, isComplete: false };
    }
    open.push({ left: [...model.moves(next.state)] });
  }
  return { states: seen.size, moves, found: undefined, isComplete: true };
}

/** Undefined: calm moves lead to a state at rest that breaks no law, and so does each on the way. */
function unrestFrom<S>(model: Model<S>, from: S, fromText: string, calmed: Set<number>): Exploration['found'] {
  const way: string[] = [];
  const passed: number[] = [];
  let state = from;
  let text = fromText;
  for (let count = 0; count < MOST_CALM_MOVES; count += 1) {
    const hash = hashOf(text);
    if (calmed.has(hash)) return settled(calmed, passed);
    passed.push(hash);
    const law = model.violation(state);
    if (law !== undefined) return { law, way };
    const move = model.calm(state);
    if (move === undefined) {
      const unrest = model.restViolation(state);
      return unrest === undefined ? settled(calmed, passed) : { law: unrest, way: [...way, 'at rest'] };
    }
    way.push(`calm: ${move.title}`);
    state = move.state;
    text = model.textOf(state);
  }
  return { law: `it comes to rest within ${MOST_CALM_MOVES} moves without faults`, way };
}

function settled(calmed: Set<number>, passed: readonly number[]): undefined {
  for (const hash of passed) calmed.add(hash);
}

/** 53 bits of a text: two multiplicative hashes with different seeds. */
function hashOf(text: string): number {
  let high = 0x9e37_79b9;
  let low = 0x85eb_ca6b;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 0x9e37_79b1);
    low = Math.imul(low ^ code, 0x85eb_ca77);
  }
  high = Math.imul(high ^ (high >>> 16), 0x21f0_aaad) ^ Math.imul(low ^ (low >>> 13), 0x735a_2d97);
  low = Math.imul(low ^ (low >>> 16), 0x21f0_aaad) ^ Math.imul(high ^ (high >>> 13), 0x735a_2d97);
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
