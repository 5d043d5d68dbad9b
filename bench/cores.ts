import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Who runs where. */
export interface Cores {
  /** Cores that this process may use. */
  readonly count: number;
  /** The operator's; undefined: nothing could be pinned. */
  readonly operator: number | undefined;
  readonly others: readonly number[];
}

/** Of util-linux. */
const TASKSET = 'taskset';

/**
 * Leaves the first core to the operator: this process, and what it starts from now on, stays on the others. Nothing is
 * pinned without taskset, without /proc, or with a single core.
 */
export function divideCores(): Cores {
  const [operator, ...others] = allowedCores();
  const count = others.length + 1;
  if (operator === undefined || others.length === 0) return { count, operator: undefined, others };
  const pinned = spawnSync(TASKSET, ['-a', '-c', '-p', others.join(','), String(process.pid)]);
  return { count, operator: pinned.status === 0 ? operator : undefined, others };
}

/** The command that runs another one on that core. Pure. */
export function pinnedCommand(core: number | undefined, command: readonly string[]): readonly string[] {
  return core === undefined ? command : [TASKSET, '-c', String(core), ...command];
}

/** The numbers in a list such as `0-2,5`, as /proc and taskset write it. Pure. */
export function coresOf(list: string): readonly number[] {
  return list.split(',').flatMap((part) => {
    if (part === '') return [];
    const [first = Number.NaN, last = first] = part.split('-').map(Number);
    return Number.isInteger(first) && last >= first
      ? Array.from({ length: last - first + 1 }, (_, i) => first + i)
      : [];
  });
}

function allowedCores(): readonly number[] {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return coresOf(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
  } catch {
    return []; // no Linux
  }
}
