import { readFile } from 'node:fs/promises';

/** What a process has used so far. */
export interface Usage {
  /** User and system, seconds. */
  readonly cpuSeconds: number;
  readonly rssMb: number;
  /** The most it ever had. */
  readonly peakRssMb: number;
}

/** USER_HZ: Linux shows times to processes in hundredths of a second on every architecture. */
const TICKS_PER_SECOND = 100;

/** Reads /proc of a process; undefined when there is none. */
export async function usageOf(pid: number): Promise<Usage | undefined> {
  try {
    const [stat, status] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/status`, 'utf8'),
    ]);
    return parseUsage(stat, status);
  } catch {
    return undefined; // it has ended, or this is no Linux
  }
}

/** Usage out of /proc/PID/stat and /proc/PID/status. Pure. Source: man 5 proc. */
export function parseUsage(stat: string, status: string): Usage {
  // The name of the program stands in parentheses and may hold blanks; fields 14 and 15 are the times.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const megabytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { cpuSeconds: ticks / TICKS_PER_SECOND, rssMb: megabytes('VmRSS'), peakRssMb: megabytes('VmHWM') };
}

/** Seconds that a core was busy since the machine started, with whatever; undefined where that is not told. */
export async function busySecondsOf(core: number | undefined): Promise<number | undefined> {
  if (core === undefined) return undefined;
  try {
    return parseBusy(await readFile('/proc/stat', 'utf8'), core);
  } catch {
    return undefined; // no Linux
  }
}

/** The same out of /proc/stat. Pure. */
export function parseBusy(text: string, core: number): number | undefined {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(text)?.[1];
  if (line === undefined) return undefined;
  const [user = 0, nice = 0, system = 0, _idle, _ioWait, irq = 0, softIrq = 0, steal = 0] = line.split(' ').map(Number);
  return (user + nice + system + irq + softIrq + steal) / TICKS_PER_SECOND;
}
