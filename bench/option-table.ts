import { InvalidArgumentError } from 'commander';

/** Values of all options as the command line gives them. */
export interface Values {
  readonly controlPlane: 'real' | 'dev';
  readonly buckets: number;
  /** How many settings each Bucket has configured; see `settingsSpec`. */
  readonly settings: number;
  readonly keys: number;
  /** How often each of two is measured. */
  readonly rounds: number;
  readonly objects: number;
  readonly latencyMs: number;
  /** Of each Provider, that is of each account. */
  readonly rate: number;
  readonly inFlight: number;
  readonly region: string;
  readonly providers: number;
  readonly idleSeconds: number;
  readonly seconds: number;
  readonly driftSeconds: number;
  readonly bucketObjects: number;
  /** So many of a hundred calls are refused. */
  readonly share: number;
  readonly samples: number;
  /** Each Bucket has a User, a BucketPolicy and an AccessKey of its own. */
  readonly autoManage: boolean;
  readonly limitMinutes: number;
  readonly operator: string | undefined;
  readonly quick: boolean;
  /** Whether the result goes into docs/performance.md. */
  readonly write: boolean;
}

/** One option: how it is written, read and explained. */
interface Option<T> {
  /** The long flag, and the name of its value. */
  readonly flags: string;
  readonly help: string;
  /** Absent: a switch. */
  readonly parse?: (text: string) => T;
  readonly fallback: T;
}

/** Wasabi gives an account this many users. */
const MAX_USERS_OF_ACCOUNT = 4_999;
const MAX_SETTINGS = 3;

/** All options, in the order of the help. */
export const OPTIONS: { readonly [N in keyof Values]: Option<Values[N]> } = {
  controlPlane: {
    flags: '--control-plane <real|dev>',
    help: 'kube-apiserver and etcd, or the one in src/devcluster',
    parse: controlPlane,
    fallback: 'real',
  },
  buckets: number('--buckets <n>', 'Bucket objects to apply', [0, 10_000], 1_000),
  settings: number('--settings <n>', `configured settings of each, 0 to ${MAX_SETTINGS}`, [0, MAX_SETTINGS], 0),
  keys: number('--keys <n>', 'how many keys, each of a user of its own', [1, MAX_USERS_OF_ACCOUNT], 1_000),
  rounds: number('--rounds <n>', 'how often each of both is measured', [1, 50], 4),
  objects: number('--objects <n>', 'how many objects there are', [10, 100_000], 10_000),
  latencyMs: number('--latency-ms <n>', 'how long the service takes for each call', [0, 10_000], 50),
  rate: number('--rate <n>', 'calls a second that each Provider allows', [1, 1_000], 100),
  inFlight: number('--in-flight <n>', 'calls at a time that each Provider allows', [1, 256], 16),
  region: { flags: '--region <name>', help: 'region of the buckets', parse: (text) => text, fallback: 'eu-central-2' },
  providers: number('--providers <n>', 'Providers, each with an account of its own', [1, 10], 1),
  idleSeconds: number('--idle-seconds <n>', 'how long nothing is changed after all are Ready', [0, 3_600], 300),
  seconds: number('--seconds <n>', 'how long that goes on which is measured', [1, 7_200], 60),
  driftSeconds: number('--drift-seconds <n>', 'how often the operator compares each object', [10, 86_400], 300),
  bucketObjects: number('--bucket-objects <n>', 'objects in each bucket', [0, 100_000], 0),
  share: number('--share <n>', 'so many of a hundred calls are answered 503', [1, 90], 30),
  samples: number('--samples <n>', 'how often it is measured', [1, 1_000], 50),
  autoManage: { flags: '--auto-manage', help: 'each Bucket has a user and a key of its own', fallback: false },
  limitMinutes: number('--limit-minutes <n>', 'how long the objects may take', [1, 120], 30),
  operator: {
    flags: '--operator <command>',
    help: 'the operator to measure (default: ours, bundled as in the image, with --leader-elect true)',
    parse: (text) => text,
    fallback: undefined,
  },
  quick: { flags: '--quick', help: 'less of it, on the development control plane', fallback: false },
  write: {
    flags: '--write',
    help: 'keep the result in docs/performance and renew the table of docs/performance.md',
    fallback: false,
  },
};

function number(flags: string, help: string, range: readonly [min: number, max: number], fallback: number) {
  return { flags, help, parse: whole(...range), fallback };
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

function controlPlane(text: string): Values['controlPlane'] {
  if (text === 'real' || text === 'dev') return text;
  throw new InvalidArgumentError('It must be real or dev.');
}
