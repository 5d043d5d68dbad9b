/** A call of an operator, whichever API it is one of. */
export interface EpochCall {
  /** As the caller names itself: an operator tells since which acquisition of the Lease it leads. */
  readonly userAgent: string;
  /** When it came; any clock will do that is the same for all. */
  readonly atMs: number;
}

/** The epoch of the Lease under which the call was sent; 0: by nobody who ever led. Pure. */
export function epochOf({ userAgent }: Pick<EpochCall, 'userAgent'>): number {
  return Number(/ lease-epoch\/(\d+)/.exec(userAgent)?.[1] ?? 0);
}

/** The calls that came when somebody of a later epoch had called already. Pure. */
export function overtaken<T extends EpochCall>(calls: readonly T[]): readonly T[] {
  let highest = 0;
  return calls
    .toSorted((one, other) => one.atMs - other.atMs)
    .filter((call) => {
      const epoch = epochOf(call);
      highest = Math.max(highest, epoch);
      return epoch < highest;
    });
}

/** From the last call of one leader to the first one of the next, for each change of the epoch; ms. Pure. */
export function gapsMs(calls: readonly EpochCall[]): readonly number[] {
  const sorted = calls.toSorted((one, other) => one.atMs - other.atMs);
  return sorted.flatMap((call, index) => {
    const before = sorted[index - 1];
    return before === undefined || epochOf(before) === epochOf(call) ? [] : [call.atMs - before.atMs];
  });
}
