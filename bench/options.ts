import { Command, InvalidArgumentError } from 'commander';

/** What is measured, and where. Times in the unit of the name, rates in calls a second. */
export interface BenchOptions {
  readonly controlPlane: 'real' | 'dev';
  readonly buckets: number;
  /** How many settings each Bucket has configured; see `bucketSpec`. */
  readonly settings: number;
  /** Each Bucket has a user and a key of its own, and is applied when the one before it is Ready. */
  readonly stacks: boolean;
  /** Not Buckets, but keys that are to be replaced at the same time. */
  readonly rotations: boolean;
  readonly keys: number;
  /** What metrics, logs and traces cost: operators that tell everything and nothing, in turn. */
  readonly overhead: boolean;
  /** How often each of both is measured. */
  readonly rounds: number;
  /** How long a scrape takes where the operator watches that many objects. */
  readonly scrapes: boolean;
  readonly objects: number;
  /** Not the operator, but the emulator alone. */
  readonly emulator: boolean;
  /** Not what the operator does, but how its image starts. */
  readonly image: boolean;
  readonly latencyMs: number;
  /** Of each Provider, that is of each account. */
  readonly rate: number;
  readonly inFlight: number;
  readonly region: string;
  readonly providers: number;
  readonly idleSeconds: number;
  readonly limitMinutes: number;
  /** The words of the operator's command. */
  readonly operator: readonly string[];
  /** Whether the result goes into docs/performance.md. */
  readonly write: boolean;
}

/** Wasabi gives an account this many buckets. */
const MAX_BUCKETS_OF_ACCOUNT = 1_000;
/** It gives an account this many users. */
const MAX_USERS_OF_ACCOUNT = 4_999;
const MAX_SETTINGS = 3;
/** The rate at which `--rotations` of 1,000 keys takes two minutes: that of a Provider that says nothing takes five. */
const ROTATION_RATE = 50;
/** What one operator makes and deletes, as fast as it can, and how often: three minutes in all. */
const OVERHEAD = { buckets: 300, rate: 1_000, inFlight: 64 };
const QUICK_OBJECTS = 500;
/** So many come one after another in less than a minute. */
const STACKS = 50;

const EXPLANATION = `
Starts a control plane and a Wasabi emulator on this machine, runs the operator against them as a process, applies
Buckets, and prints: the time until all are Ready beside the time that no operator could be faster than, the calls an
object costs on both sides, CPU and memory, and what is written while nothing changes. It asserts nothing.

The operator has the first core for itself (taskset), everything else shares the others. Its memory is that of its
process, so --operator must start it without a wrapper; it is split at blanks, and {kubeconfig} stands for the file.
What an operator is told beside its command is in its environment: KUBECONFIG, ALLOWED_ENDPOINTS, METRICS_PORT,
LEADER_ELECTION_NAMESPACE.

Examples:
  npm run bench                                     1,000 bare Buckets, 5 idle minutes: about 7 minutes
  npm run bench -- --quick                          200 Buckets on the development control plane: about 1 minute
  npm run bench -- --stacks                         50 Buckets with a user and a key each, one after another
  npm run bench -- --rotations                      1,000 keys that are due at the same time: about 4 minutes
  npm run bench -- --overhead                       logs, metrics and traces on and off, in turn: about 5 minutes
  npm run bench -- --scrapes                        a scrape of the metrics with 10,000 objects: about 2 minutes
  npm run bench -- --emulator                       the emulator alone: requests, memory, start: about 20 seconds
  npm run bench -- --image                          the image alone: sizes, start, memory: about 20 seconds
  npm run bench -- --settings 3 --write             with three settings each; the result goes into docs/performance.md
  npm run bench -- --rate 1000 --in-flight 256      no limit of the account: which wall comes next?
  npm run bench -- --operator 'node /other/src/main.ts --leader-elect true'
`;

interface RawOptions extends Omit<BenchOptions, 'operator'> {
  readonly operator?: string;
  readonly quick: boolean;
}

/** Reads the arguments; prints the help, or what is wrong, and ends the process then. */
export function parseOptions(argv: readonly string[], command = commandOf()): BenchOptions {
  command.parse([...argv], { from: 'user' });
  const raw = command.opts<RawOptions>();
  const isGiven = (name: keyof RawOptions) => command.getOptionValueSource(name) !== 'default';
  const { quick, operator, ...rest } = raw;
  const options: BenchOptions = {
    ...rest,
    ...(quick && !isGiven('buckets') ? { buckets: 200 } : {}),
    ...(rest.stacks && !isGiven('buckets') ? { buckets: STACKS } : {}),
    ...(rest.overhead && !isGiven('buckets') && !quick ? { buckets: OVERHEAD.buckets } : {}),
    ...(rest.overhead && !isGiven('rate') ? { rate: OVERHEAD.rate } : {}),
    ...(rest.overhead && !isGiven('inFlight') ? { inFlight: OVERHEAD.inFlight } : {}),
    ...(rest.overhead && !isGiven('controlPlane') ? { controlPlane: 'dev' } : {}),
    ...(quick && !isGiven('rounds') ? { rounds: 1 } : {}),
    ...(quick && !isGiven('controlPlane') ? { controlPlane: 'dev' } : {}),
    ...(quick && !isGiven('idleSeconds') ? { idleSeconds: 20 } : {}),
    ...(rest.scrapes && !isGiven('controlPlane') ? { controlPlane: 'dev' } : {}),
    ...(rest.scrapes && quick && !isGiven('objects') ? { objects: QUICK_OBJECTS } : {}),
    ...(rest.rotations && !isGiven('rate') ? { rate: ROTATION_RATE } : {}),
    ...(rest.rotations && !isGiven('controlPlane') ? { controlPlane: 'dev' } : {}),
    operator: operator?.split(/\s+/).filter((word) => word !== '') ?? [],
  };
  const other = options.stacks ? '--stacks' : '--rotations';
  if ((options.stacks || options.rotations) && options.write) {
    command.error(`error: ${other} with --write: the table of docs/performance.md is about Buckets alone`);
  }
  if (options.rotations && (options.stacks || options.providers > 1)) {
    command.error(
      `error: --rotations with ${options.stacks ? '--stacks' : '--providers'}: it is about the keys of one account`,
    );
  }
  if (options.emulator && (options.stacks || options.rotations || options.write)) {
    command.error('error: --emulator with --stacks, --rotations or --write: it is about no Buckets of the operator');
  }
  if (options.image && (options.emulator || options.stacks || options.rotations || options.write)) {
    command.error('error: --image with --emulator, --stacks, --rotations or --write: it is about starts alone');
  }
  if (options.overhead && (options.stacks || options.rotations || options.emulator || options.image || options.write)) {
    command.error(
      'error: --overhead with --stacks, --rotations, --emulator, --image or --write: it is about what telling costs alone',
    );
  }
  const others = [options.stacks, options.rotations, options.emulator, options.image, options.overhead, options.write];
  if (options.scrapes && others.includes(true)) {
    command.error(
      'error: --scrapes with --stacks, --rotations, --emulator, --image, --overhead or --write: it is about scrapes alone',
    );
  }
  const needed = Math.ceil(options.buckets / MAX_BUCKETS_OF_ACCOUNT);
  if (needed > options.providers) {
    command.error(
      `error: --buckets ${options.buckets} with --providers ${options.providers}: an account has at most ${MAX_BUCKETS_OF_ACCOUNT} buckets, so --providers must be at least ${needed}`,
    );
  }
  return options;
}

/** The command line; tests replace where it writes to and how it exits. */
export function commandOf(): Command {
  return new Command('npm run bench --')
    .description('Measures the operator.')
    .option('--control-plane <real|dev>', 'kube-apiserver and etcd, or the one in src/devcluster', controlPlane, 'real')
    .option('--buckets <n>', 'Bucket objects to apply', whole(1, 10_000), 1_000)
    .option('--settings <n>', `configured settings of each, 0 to ${MAX_SETTINGS}`, whole(0, MAX_SETTINGS), 0)
    .option('--stacks', 'with a user and a key each, one after another: from apply to a working key', false)
    .option('--rotations', 'no Buckets: keys that fall due at the same time, until all are replaced', false)
    .option(
      '--keys <n>',
      'with --rotations, how many, each of a user of its own',
      whole(1, MAX_USERS_OF_ACCOUNT),
      1_000,
    )
    .option('--overhead', 'what metrics, logs and traces cost: CPU with everything on, beside all off', false)
    .option('--rounds <n>', 'with --overhead, how often each of both is measured', whole(1, 50), 6)
    .option('--scrapes', 'how long a scrape of the metrics takes with many objects, all of them suspended', false)
    .option('--objects <n>', 'with --scrapes, how many', whole(10, 100_000), 10_000)
    .option('--emulator', 'not the operator, but the emulator alone: requests a second, memory, start', false)
    .option('--image', 'the image alone, without a container engine: sizes, start, memory', false)
    .option('--latency-ms <n>', 'how long the service takes for each call', whole(0, 10_000), 50)
    .option('--rate <n>', 'calls a second that each Provider allows', whole(1, 1_000), 100)
    .option('--in-flight <n>', 'calls at a time that each Provider allows', whole(1, 256), 16)
    .option('--region <name>', 'region of the buckets', 'eu-central-2')
    .option('--providers <n>', 'Providers, each with an account of its own', whole(1, 10), 1)
    .option('--idle-seconds <n>', 'how long nothing is changed after all are Ready', whole(0, 3_600), 300)
    .option('--limit-minutes <n>', 'how long the Buckets may take', whole(1, 120), 30)
    .option('--operator <command>', 'the operator to measure (default: node src/main.ts --leader-elect true)')
    .option('--quick', '200 Buckets, the development control plane, 20 idle seconds', false)
    .option('--write', 'keep the result in docs/performance and renew the table of docs/performance.md', false)
    .addHelpText('after', EXPLANATION);
}

function whole(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

function controlPlane(text: string): BenchOptions['controlPlane'] {
  if (text === 'real' || text === 'dev') return text;
  throw new InvalidArgumentError('It must be real or dev.');
}
