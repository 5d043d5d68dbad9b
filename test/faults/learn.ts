import { isDeepStrictEqual } from 'node:util';
import { type Boundary, boundaryText } from '../support/boundary.ts';
import { faultsOf, type PathRun, type RunOptions, runPath } from '../support/crash.ts';
import { type Fault, VERDICTS } from '../support/crash-effects.ts';
import type { CrashPath } from '../support/crash-paths.ts';
import { inProcess } from '../support/crash-victim.ts';
import { IRREVERSIBLE } from './paths.ts';
import type { Plan } from './plan.ts';

/** Undisturbed runs by which the calls of a path are learnt. */
const RUNS = 3;

/** What undisturbed runs of a path told. */
export interface Learned {
  readonly path: CrashPath;
  readonly reference: PathRun;
  /** Calls that each of the runs made: each has to be covered. */
  readonly boundaries: readonly Boundary[];
  /** Calls that some made: they are tried, too. */
  readonly byChance: readonly Boundary[];
}

/** Which faults are made. */
export type Family = 'crash' | 'lost' | 'twice';

/**
 * Runs the path undisturbed a few times.
 * @throws Error when it fails, or the runs do not come to the same end: then no end can be told from a wrong one
 */
export async function learn(path: CrashPath, { cluster }: Pick<RunOptions, 'cluster'>): Promise<Learned> {
  const undisturbed = (options: Pick<RunOptions, 'staysLong' | 'end'>) =>
    runPath(path, [], { cluster, victimIn: inProcess, ...options }).catch((cause: unknown) => {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${path.title}, undisturbed: ${why}`, { cause });
    });
  const reference = await undisturbed({ staysLong: true });
  const runs = [reference];
  while (runs.length < RUNS) {
    const run = await undisturbed({ staysLong: false, end: reference.end });
    if (!isDeepStrictEqual([run.end, run.effects], [reference.end, reference.effects])) {
      throw new Error(`${path.title}: two undisturbed runs come to different ends`);
    }
    runs.push(run);
  }
  const counts = new Map<string, number>();
  const all = new Map(runs.flatMap(({ calls }) => calls).map((call) => [boundaryText(call), call]));
  for (const { calls } of runs)
    for (const call of calls) counts.set(boundaryText(call), (counts.get(boundaryText(call)) ?? 0) + 1);
  const isAlways = (call: Boundary) => counts.get(boundaryText(call)) === RUNS;
  const boundaries = [...all.values()];
  return {
    path,
    reference,
    boundaries: boundaries.filter(isAlways),
    byChance: boundaries.filter((call) => !isAlways(call)),
  };
}

/** Every plan of the families for that path. */
export function plansOf(
  { path, reference, boundaries, byChance }: Learned,
  families: readonly Family[],
): readonly Plan[] {
  const { title } = path;
  const calls = [...boundaries, ...byChance];
  const faults = faultsOf({ losesCalls: path.losesCalls === true }, calls);
  const of = (family: Family, plans: () => readonly Plan[]) => (families.includes(family) ? plans() : []);
  const single = (starts: string) =>
    faults.filter(({ verdict }) => verdict.startsWith(starts)).map((fault) => ({ path: title, faults: [fault] }));
  return [
    ...of('crash', () => [...single('cut'), { path: title, faults: [], killsAtEnd: true }]),
    ...of('lost', () => single('drop')),
    ...of('twice', () => (IRREVERSIBLE.has(title) ? pairs(title, reference) : [])),
  ];
}

/** A crash after each write, and one after each write that follows. */
function pairs(title: string, { calls }: PathRun): readonly Plan[] {
  const writes = calls.filter(({ isWrite }) => isWrite);
  const cut = ({ side, call, time }: Boundary): Fault => ({ side, call, time, verdict: VERDICTS[1] });
  return writes.flatMap((first) =>
    // The successor counts anew.
    [...new Map(writes.map((call) => [call.call, { ...call, time: 1 }])).values()].map((second) => ({
      path: title,
      faults: [cut(first), cut(second)],
    })),
  );
}
