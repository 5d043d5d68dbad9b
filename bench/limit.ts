/** What the limit of a run follows from; everything is of the run's own measurement or configuration. */
export interface LimitParts {
  readonly objects: number;
  /** Calls to the service an object. */
  readonly callsPerObject: number;
  /** Calls a second, and calls at once after a quiet time, of all accounts together. */
  readonly ratePerSecond: number;
  readonly burst: number;
  readonly latencySeconds: number;
  /** Calls in flight, of all accounts together. */
  readonly inFlight: number;
  /** Writes to the Kubernetes API an object, whoever makes them. */
  readonly writesPerObject: number;
  /** Writes a second that the API server takes. */
  readonly writesPerSecond: number;
  /** CPU seconds of the operator an object. */
  readonly cpuPerObject: number;
  /** Cores of the operator. */
  readonly cores: number;
  /** Calls that come one after another for a single object. */
  readonly chainLength: number;
}

/** What keeps a run from being faster. */
export type Wall = 'rate limit' | 'calls in flight' | 'API server' | 'CPU';

/** The time below which no operator can bring that many objects to Ready. */
export interface Limit {
  readonly seconds: number;
  /** The largest of the bounds. */
  readonly wall: Wall;
  /** Seconds that each bound alone takes; the last object's chain of calls comes on top of the largest. */
  readonly bounds: Readonly<Record<Wall, number>>;
  readonly chainSeconds: number;
}

/** T(N) ≥ max{ (N·m − burst)/R ; N·m·L/C ; N·w/W ; N·κ/P } + d·L. Pure. */
export function limitOf(parts: LimitParts): Limit {
  const { objects, callsPerObject, latencySeconds } = parts;
  const calls = objects * callsPerObject;
  const bounds: Record<Wall, number> = {
    'rate limit': Math.max(0, calls - parts.burst) / parts.ratePerSecond,
    'calls in flight': (calls * latencySeconds) / parts.inFlight,
    'API server': (objects * parts.writesPerObject) / parts.writesPerSecond,
    CPU: (objects * parts.cpuPerObject) / parts.cores,
  };
  const walls = Object.keys(bounds) as Wall[]; // the record above has no other keys
  const wall = walls.reduce((highest, each) => (bounds[each] > bounds[highest] ? each : highest));
  const chainSeconds = parts.chainLength * latencySeconds;
  return { seconds: bounds[wall] + chainSeconds, wall, bounds, chainSeconds };
}

/** Look, create, tag, one write each setting; then the tags are read, and the settings all at once. Pure. */
export function chainLengthOf(settings: number): number {
  return 4 + settings + (settings > 0 ? 1 : 0);
}
