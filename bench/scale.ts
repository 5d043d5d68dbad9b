import { DRIFT_SHARE } from '../src/runtime/drift-pace.ts';
import { callsOfCheck, type DriftResult, sweepSeconds } from './modes/drift.ts';
import type { IdleResult } from './modes/idle.ts';
import type { RestartResult } from './modes/restart.ts';
import type { AtOnceResult } from './modes/stacks-at-once.ts';
import { markdownTable, withSection } from './page.ts';
import type { BenchResult } from './result.ts';
import { commandOfTarget, type KeptRun, type Target } from './target.ts';

const SECTION = {
  begin: '<!-- scale: written by npm run bench -- --table -->',
  end: '<!-- end of scale -->',
};

/** Calls a second of an account. */
const RATE = 100;
const DRIFT_INTERVAL_S = 300;
/** Lists of what exists, for each account once in so many seconds: `src/kinds/existence-sweeps.ts`. */
const LISTS = 3;
const LISTS_INTERVAL_S = 55;
/** Objects of a stack: Bucket, User, BucketPolicy, AccessKey. */
const STACK_OBJECTS = 4;
/** How many settings it configures, and that it has a user and a key. */
const STACK = { settings: 0, autoManage: true };

/** What an operator costs, each as it was measured. */
interface Parts {
  /** CPU seconds for a bare Bucket, and for a stack. */
  readonly bareCpu: number;
  readonly stackCpu: number;
  /** Of a stack, to the service and to Kubernetes. */
  readonly stackCalls: number;
  readonly stackWrites: number;
  /** CPU seconds of a call that compares. */
  readonly checkCpu: number;
  /** MB without objects, and KB for each. */
  readonly baseMb: number;
  readonly eachKb: number;
  /** Milliseconds from the start to the first call without objects, and for each. */
  readonly startMs: number;
  readonly startEachMs: number;
  /** Writes a second that the API server took. */
  readonly writeRate: number;
  /** Of two replicas that do nothing, an hour. */
  readonly idleCalls: number;
}

/** One place where operators run. */
interface Place {
  readonly name: string;
  readonly stacks: number;
  readonly accounts: number;
}

const PLACES: readonly Place[] = [
  { name: 'one of 50 clusters', stacks: 2_000, accounts: 2 },
  { name: 'all in one cluster, one process', stacks: 100_000, accounts: 100 },
];

/** The page with its tables made anew of the runs that are kept. Pure. @throws Error without markers */
export function withScale(page: string, rows: readonly Target[], kept: readonly KeptRun[]): string {
  const parts = partsOf(rows, kept);
  const text = typeof parts === 'string' ? parts : `${partsTable(parts)}\n\n${placesTable(parts)}`;
  return withSection(page, SECTION, text);
}

/** What was measured; a text: what is still to be measured. Pure. */
export function partsOf(rows: readonly Target[], kept: readonly KeptRun[]): Parts | string {
  const missing = new Set<string>();
  const latest = <R>(name: string): R | undefined => {
    const row = rows.find((each) => each.name === name);
    if (row === undefined) throw new Error(`there is no row "${name}"`);
    const found = kept.findLast(({ command }) => command === commandOfTarget(row));
    if (found === undefined) missing.add(commandOfTarget(row));
    return found as unknown as R | undefined; // the mode's own line
  };
  const bare = latest<BenchResult>('cpu-create');
  const stacks = latest<AtOnceResult>('stacks-1000');
  const many = latest<AtOnceResult>('memory-stacks');
  const drift = latest<DriftResult>('cpu-drift');
  const idle = latest<IdleResult>('idle-0');
  const empty = latest<RestartResult>('start-0');
  const full = latest<RestartResult>('start-10000');
  if (!bare || !stacks || !many || !drift || !idle || !empty || !full)
    return `Not measured yet: ${[...missing].map((command) => `\`${command}\``).join(', ')}.`;
  const baseMb = idle.rssMb ?? Number.NaN;
  return {
    bareCpu: (bare.fill.cpuSeconds ?? Number.NaN) / bare.options.buckets,
    stackCpu: (stacks.fill.cpuSeconds ?? Number.NaN) / stacks.options.buckets,
    stackCalls: stacks.fill.service.total / stacks.options.buckets,
    stackWrites: stacks.fill.kubeWrites / stacks.options.buckets,
    checkCpu: (drift.cpuPerThousandChecks ?? Number.NaN) / 1_000 / (drift.options.settings + 1),
    baseMb,
    eachKb: (((many.rssMb?.after ?? Number.NaN) - baseMb) * 1_000) / (many.options.buckets * STACK_OBJECTS),
    startMs: empty.firstCallMs,
    startEachMs: (full.firstCallMs - empty.firstCallMs) / full.options.buckets,
    writeRate: stacks.writeRate,
    idleCalls: idle.hour.kubeCalls,
  };
}

function partsTable(parts: Parts): string {
  return markdownTable(
    ['Part', 'Measured'],
    [
      ['CPU for a bare Bucket, and for a stack', `${ms(parts.bareCpu)}, ${ms(parts.stackCpu)}`],
      [
        'calls to the service, and writes to Kubernetes, for a stack',
        `${one(parts.stackCalls)}, ${one(parts.stackWrites)}`,
      ],
      ['CPU for a call that compares', ms(parts.checkCpu)],
      ['RSS without objects, and for each object', `${Math.round(parts.baseMb)} MB, ${one(parts.eachKb)} KB`],
      [
        'start to the first call without objects, and for each',
        `${Math.round(parts.startMs)} ms, ${(parts.startEachMs * 1_000).toFixed(0)} µs`,
      ],
      ['writes that the API server takes', `${Math.round(parts.writeRate)} a second`],
      ['calls to Kubernetes of two replicas that do nothing', `${Math.round(parts.idleCalls)} an hour`],
      [
        'accounts whose whole rate one core can use while stacks are made',
        one(parts.stackCalls / parts.stackCpu / RATE),
      ],
      ['accounts whose share for drift checks one core can use', one(1 / (RATE * DRIFT_SHARE * parts.checkCpu))],
      ['stacks a second that the API server takes', one(parts.writeRate / parts.stackWrites)],
    ],
  );
}

function placesTable(parts: Parts): string {
  const computed = PLACES.map((place) => costsOf(place, parts));
  const names = computed[0]?.map(([name]) => name) ?? [];
  return markdownTable(
    ['', ...PLACES.map(({ name }) => name)],
    names.map((name, index) => [name, ...computed.map((costs) => costs[index]?.[1] ?? '')]),
  );
}

/** What a place costs, each with its name. Pure. */
function costsOf({ stacks, accounts }: Place, parts: Parts): readonly (readonly [name: string, value: string])[] {
  const objects = stacks * STACK_OBJECTS;
  const walls: readonly (readonly [string, number])[] = [
    ['rate limit', (stacks * parts.stackCalls) / (accounts * RATE)],
    ['CPU', stacks * parts.stackCpu],
    ['API server', (stacks * parts.stackWrites) / parts.writeRate],
  ];
  const [wall, seconds] = walls.reduce((most, each) => (each[1] > most[1] ? each : most));
  const sweep = { ...STACK, driftSeconds: DRIFT_INTERVAL_S, buckets: stacks, providers: accounts, rate: RATE };
  const sweepCalls = stacks * callsOfCheck(STACK);
  const checkSeconds = Math.max(sweepSeconds(sweep), sweepCalls * parts.checkCpu);
  const checkCalls = sweepCalls / checkSeconds;
  return [
    ['stacks, objects, accounts', [stacks, objects, accounts].map((count) => count.toLocaleString('en-US')).join(', ')],
    ['RSS', `${Math.round(parts.baseMb + (objects * parts.eachKb) / 1_000).toLocaleString('en-US')} MB`],
    ['start to the first call', `${((parts.startMs + objects * parts.startEachMs) / 1_000).toFixed(1)} s`],
    [
      'all made',
      `${minutes(seconds)} (${wall}; ${walls.map(([name, each]) => `${name} ${minutes(each)}`).join(', ')})`,
    ],
    ['each object is compared once in', minutes(checkSeconds)],
    ['calls that compare', `${one(checkCalls)} a second, ${Math.round(checkCalls * parts.checkCpu * 100)} % of a core`],
    [
      'lists of what exists',
      `${Math.round((LISTS * 3_600 * accounts) / LISTS_INTERVAL_S).toLocaleString('en-US')} an hour`,
    ],
  ];
}

function ms(seconds: number): string {
  return `${(seconds * 1_000).toFixed(1)} ms`;
}

function one(value: number): string {
  return value.toFixed(1);
}

function minutes(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
