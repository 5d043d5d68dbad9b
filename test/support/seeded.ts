export { seeded } from '../../src/emulator/seeded-random.ts';

/** Whether suites that else take a sample take every case: `npm run test:exhaustive`, `npm run test:cluster -- --all`. */
export const takesAll = process.env['TEST_ALL'] !== undefined;

/** The items, or the share TEST_SHARE of them, one at least, chosen by `random`: what a run that takes every case takes. */
export function shareOfAll<T>(items: readonly T[], random: () => number): readonly T[] {
  return sample(items, Math.ceil(items.length * shareFrom('TEST_SHARE')), random);
}

/** The seed that the variable names, else a new one: whoever uses it prints it, so that the run can be repeated. */
export function seedFrom(variable: string): number {
  const given = process.env[variable];
  return given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number.parseInt(given, 10);
}

/** The share that the variable names, 0 to 1; all where there is none. */
export function shareFrom(variable: string): number {
  const given = Number.parseFloat(process.env[variable] ?? '1');
  if (given >= 0 && given <= 1) return given;
  throw new Error(`${variable} must be a number from 0 to 1: ${process.env[variable]}`);
}

/** The items in an order that `random` decides. */
export function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  const drawn = items.map((item) => ({ item, draw: random() })).sort((a, b) => a.draw - b.draw);
  return drawn.map(({ item }) => item);
}

/** `count` of the items, chosen by `random`, in their old order. */
export function sample<T>(items: readonly T[], count: number, random: () => number): readonly T[] {
  const drawn = items.map((item, index) => ({ item, index, draw: random() })).sort((a, b) => a.draw - b.draw);
  return drawn
    .slice(0, count)
    .sort((a, b) => a.index - b.index)
    .map(({ item }) => item);
}

/** Runs the tasks, `width` at a time. All run, whatever fails; the first failure is thrown in the end. */
export async function inParallel(width: number, tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const waiting = [...tasks];
  const failures: unknown[] = [];
  const worker = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      await task().catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1)
    throw new AggregateError(
      failures,
      `${failures.length} of ${tasks.length} failed: ${failures.map(String).join('\n')}`,
    );
}
