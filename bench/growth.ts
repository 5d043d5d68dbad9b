import type { GrowthPanel } from '../scripts/pictures/growth.ts';
import type { BenchResult } from './result.ts';
import type { KeptRun } from './target.ts';

/** A straight line through points: `value = base + each · objects`. */
export interface Line {
  readonly base: number;
  readonly each: number;
}

interface Point {
  readonly objects: number;
  readonly value: number;
}

/** CPU for an object among the most objects may be so many times that among the fewest of at least a thousand. */
const MOST_CPU_GROWTH = 1.1;
const MOST_KILOBYTES_EACH = 4;
/** Below that start and warm-up are most of the CPU. */
const FEWEST_FOR_CPU = 1_000;

/**
 * The runs that tell how bare Buckets of one operator, the last that was measured so, go with their number: the last run of
 * each size at the same rate. Pure. @returns none, or at least two sizes
 */
export function growthRuns(kept: readonly KeptRun[]): readonly BenchResult[] {
  const bare = kept.filter(({ mode, options }) => {
    const { settings, rate, controlPlane, inFlight } = options;
    return mode === 'buckets' && settings === 0 && rate === 100 && inFlight === 16 && controlPlane === 'real';
  });
  const own = bare.filter(({ operator }) => operator === bare.at(-1)?.operator) as unknown as readonly BenchResult[]; // which that mode gives
  const runs = [...new Map(own.map((run) => [run.options.buckets, run])).values()];
  return runs.length < 2 ? [] : runs;
}

/** The line with the least squares. Pure. @throws RangeError with fewer than two numbers of objects */
export function lineThrough(points: readonly Point[]): Line {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(({ objects }) => objects)), mean(points.map(({ value }) => value))];
  const square = points.reduce((sum, { objects }) => sum + (objects - x) ** 2, 0);
  if (square === 0) throw new RangeError('a law of growth needs two numbers of objects');
  const each = points.reduce((sum, { objects, value }) => sum + (objects - x) * (value - y), 0) / square;
  return { base: y - each * x, each };
}

/** How what was found grows with the number of Buckets, one law a panel; none without runs. Pure. @param runs as `growthRuns` gives them */
export function growthPanels(runs: readonly BenchResult[]): readonly GrowthPanel[] {
  if (runs.length === 0) return [];
  const sorted = runs.toSorted((one, other) => one.options.buckets - other.options.buckets);
  const series = (name: string, valueOf: (run: BenchResult) => number | undefined) => ({
    name,
    points: sorted.flatMap((run) => {
      const value = valueOf(run);
      return value === undefined ? [] : [{ objects: run.options.buckets, value }];
    }),
  });
  const calls = series('service', ({ fill }) => fill.service.total);
  const kube = series('Kubernetes', ({ fill }) => sumOf(fill.kube));
  const cpu = series('operator', ({ fill }) => fill.cpuSeconds);
  const after = series('at the end', ({ rssMb }) => rssMb?.after);
  const perCall = (line: Line) => line.each.toFixed(2);
  return [
    {
      title: 'until all are Ready, s (100 calls/s for each thousand)',
      series: [series('measured', ({ readySeconds }) => readySeconds), series('limit', ({ limit }) => limit.seconds)],
      law: `${Math.max(...sorted.map(({ readySeconds, limit }) => readySeconds / limit.seconds)).toFixed(2)} times the limit at most`,
    },
    {
      title: 'calls',
      series: [calls, kube],
      law: `${perCall(lineThrough(calls.points))} to the service and ${perCall(lineThrough(kube.points))} to Kubernetes for each`,
    },
    { title: 'CPU of the operator, s', series: [cpu], law: cpuText(cpu.points) },
    {
      title: 'RSS, MB',
      series: [series('most', ({ rssMb }) => rssMb?.peak), after],
      law: memoryText(after.points),
    },
  ];
}

/** What the growth should not be, and is. Pure. */
export function growthMisses(panels: readonly GrowthPanel[]): readonly string[] {
  return panels.filter(({ law }) => law.includes('missed')).map(({ title, law }) => `${title}: ${law}`);
}

function cpuText(points: readonly Point[]): string {
  const { each } = lineThrough(points);
  const text = `${(each * 1_000).toFixed(1)} ms for each`;
  const large = points.filter(({ objects }) => objects >= FEWEST_FOR_CPU);
  const [first, last] = [large.at(0), large.at(-1)];
  if (first === undefined || last === undefined || first === last) return text;
  const growth = last.value / last.objects / (first.value / first.objects);
  const isMissed = growth > MOST_CPU_GROWTH;
  return `${text}; ${growth.toFixed(2)} times at ${last.objects} of at ${first.objects}${isMissed ? `, ${MOST_CPU_GROWTH} missed` : ''}`;
}

function memoryText(points: readonly Point[]): string {
  const { base, each } = lineThrough(points);
  const kilobytes = each * 1_024;
  const isMissed = kilobytes > MOST_KILOBYTES_EACH;
  return `${base.toFixed(0)} MB, and ${kilobytes.toFixed(1)} KB for each${isMissed ? `, ${MOST_KILOBYTES_EACH} missed` : ''}`;
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
