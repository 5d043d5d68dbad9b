import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FaultRule } from '../emulator/fault-schema.ts';
import { DEFAULT_IDLE_TIMEOUT_MS, type EmulatorOptions } from '../emulator/options.ts';
import { quirksFrom } from '../emulator/quirks.ts';
import { REGIONS } from '../emulator/regions.ts';
import { seeded } from '../emulator/seeded-random.ts';
import { type FirstBuckets, firstBucket } from './first-buckets.ts';

/** What the flags of the emulator came to. */
export interface EmulatorFlags {
  readonly options: EmulatorOptions;
  /** Made before the first call. */
  readonly buckets: FirstBuckets;
  /** Armed before the first call. */
  readonly faults: readonly FaultRule[];
}

const MAX_PORT = 65_535;
const MAX_MS = 600_000;
const DAY_MS = 86_400_000;
const MAX_BUCKETS = 100_000;

/** As commander hands them over. */
interface Values {
  readonly port: number;
  readonly regionPort: Readonly<Record<string, number>>;
  readonly tlsPort?: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly accountId?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly bucket: FirstBuckets;
  readonly switch: readonly string[];
  readonly latencyMs: number;
  readonly keyPropagationMs: number;
  readonly policyPropagationMs: number;
  readonly replicationMs: number;
  readonly logDeliveryMs: number;
  readonly idleTimeoutMs: number;
  readonly maxBuckets: number;
  readonly faults?: readonly FaultRule[];
  readonly seed?: number;
}

/** Adds the flags that say how the emulator behaves. */
export function addEmulatorOptions(command: Command): Command {
  return [
    new Option('--port <n>', 'port of S3, IAM and STS on 127.0.0.1; 0 takes a free one')
      .argParser(whole(0, MAX_PORT))
      .default(9000),
    new Option('--region-port <region=n>', 'a port of one region alone, for clients that cannot resolve *.localhost')
      .argParser(regionPort)
      .default({}, 'none'),
    new Option('--tls-port <n>', 'a further port that speaks TLS; needs --tls-cert and --tls-key').argParser(
      whole(0, MAX_PORT),
    ),
    new Option('--tls-cert <file>', 'its certificate in PEM, those of intermediates behind it').argParser(textIn),
    new Option('--tls-key <file>', 'its key in PEM').argParser(textIn),
    new Option(
      '--account-id <id>',
      'twelve digits of the account; by default a new one, or the one that --data keeps',
    ).argParser(accountId),
    new Option('--access-key-id <id>', "the account's own key; by default a new one, or the one that --data keeps"),
    new Option('--secret-access-key <text>', 'its secret').env('WASABI_EMULATOR_SECRET_ACCESS_KEY'),
    new Option(
      '--bucket <name=region>',
      'a bucket that is there from the start; without region in us-east-1; may be repeated',
    )
      .argParser(firstBucket)
      .default({}, 'none'),
    new Option('--switch <name=value>', 'another reading of what the service does; may be repeated')
      .argParser((text: string, before: readonly string[]) => checked([...before, text]))
      .default([], 'none'),
    new Option('--latency-ms <n>', 'how long each call waits first').argParser(whole(0, MAX_MS)).default(0),
    new Option('--key-propagation-ms <n>', 'for so long a new key is unknown').argParser(whole(0, MAX_MS)).default(0),
    new Option('--policy-propagation-ms <n>', 'for so long a changed policy has no effect')
      .argParser(whole(0, MAX_MS))
      .default(0),
    new Option('--replication-ms <n>', 'so long after an object is written it is replicated')
      .argParser(whole(0, MAX_MS))
      .default(0),
    new Option('--log-delivery-ms <n>', 'so long after the first of them records of access logs are delivered')
      .argParser(whole(0, DAY_MS))
      .default(3_600_000),
    new Option('--idle-timeout-ms <n>', 'a request that stops half-way for so long is RequestTimeout')
      .argParser(whole(1, MAX_MS))
      .default(DEFAULT_IDLE_TIMEOUT_MS),
    new Option('--max-buckets <n>', 'buckets that the account may have').argParser(whole(1, MAX_BUCKETS)).default(1000),
    new Option('--faults <file>', 'a JSON list of faults to begin with'),
    new Option('--seed <n>', 'of the probabilities of faults: the same seed, the same calls').argParser(
      whole(0, Number.MAX_SAFE_INTEGER),
    ),
  ]
    .reduce((to, option) => to.addOption(option), command)
    .hook('preAction', readFaults);
}

/** Puts the faults of the file in its place: what reads them is loaded only then. */
async function readFaults(command: Command): Promise<void> {
  const { faults: file } = command.opts<{ readonly faults?: string }>();
  if (file === undefined) return;
  const { faultsIn } = await import('./faults-file.ts');
  try {
    command.setOptionValue('faults', faultsIn(file));
  } catch (thrown) {
    command.error(`error: option '--faults <file>' argument '${file}' is invalid. ${messageOf(thrown)}`);
  }
}

/** What the values mean to the emulator. Pure. @throws Error naming the flags that go together */
export function emulatorFlags(values: Values): EmulatorFlags {
  const { accountId, accessKeyId, secretAccessKey, regionPort: regionPorts, seed } = values;
  const account = {
    ...(accountId === undefined ? {} : { accountId }),
    ...(accessKeyId === undefined ? {} : { accessKeyId }),
    ...(secretAccessKey === undefined ? {} : { secretAccessKey }),
  };
  return {
    options: {
      port: values.port,
      account,
      quirks: quirksFrom(values.switch),
      latencyMs: values.latencyMs,
      idleTimeoutMs: values.idleTimeoutMs,
      maxBuckets: values.maxBuckets,
      propagation: {
        keysMs: values.keyPropagationMs,
        policiesMs: values.policyPropagationMs,
        replicationMs: values.replicationMs,
        logDeliveryMs: values.logDeliveryMs,
      },
      regionPorts,
      ...tlsOf(values),
      ...(seed === undefined ? {} : { random: seeded(seed) }),
    },
    buckets: values.bucket,
    faults: values.faults ?? [],
  };
}

function tlsOf({ tlsPort: port, tlsCert: cert, tlsKey: key }: Values): Pick<EmulatorOptions, 'tls'> {
  if (port === undefined && cert === undefined && key === undefined) return {};
  if (cert !== undefined && key !== undefined) return { tls: { cert, key, ...(port === undefined ? {} : { port }) } };
  throw new Error('--tls-port, --tls-cert and --tls-key go together: give certificate and key');
}

/** @throws InvalidArgumentError naming the file */
function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (thrown) {
    throw new InvalidArgumentError(`${messageOf(thrown)}.`);
  }
}

/** A parser of whole numbers. */
export function whole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${low} to ${high}.`);
  };
}

function regionPort(text: string, before: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const [region = '', port = ''] = text.split('=', 2);
  if (!REGIONS.includes(region)) throw new InvalidArgumentError(`The regions are ${REGIONS.join(', ')}.`);
  return { ...before, [region]: whole(0, MAX_PORT)(port) };
}

function accountId(text: string): string {
  if (/^\d{12}$/u.test(text)) return text;
  throw new InvalidArgumentError('It must be twelve digits.');
}

function checked(texts: readonly string[]): readonly string[] {
  try {
    quirksFrom(texts);
    return texts;
  } catch (thrown) {
    throw new InvalidArgumentError(messageOf(thrown));
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
