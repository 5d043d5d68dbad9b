import { renameSync, statSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { KeptAccountError } from '../emulator/first-account.ts';
import { type Emulator, startEmulator } from '../emulator/server.ts';
import { claimFolder } from './data-folder.ts';
import { addEmulatorOptions, type EmulatorFlags, emulatorFlags } from './emulator-options.ts';
import { makeBuckets } from './first-buckets.ts';
import { untilStopped } from './until-stopped.ts';

type Values = Parameters<typeof emulatorFlags>[0] & { readonly data?: string; readonly variablesFile?: string };

/** `emulator`: Wasabi's S3, IAM and STS alone, for the tests of an application. */
export function emulatorCommand(): Command {
  const command = new Command('emulator')
    .summary('Wasabi on this machine: S3, IAM and STS')
    .description(
      "Wasabi's S3, IAM and STS on 127.0.0.1, with real signatures, policies and errors.\nWhat it does and does not do: docs/reference/emulator.md.",
    )
    .option('--data <dir>', 'keep the state in this folder; else it is gone with the process')
    .option('--variables-file <file>', 'write endpoints and keys there, as variables of the AWS SDKs, once it serves')
    .addHelpText('after', examples);
  return addEmulatorOptions(command).action((values: Values) => run(values));
}

const examples = `
Examples:
  $ wasabi-s3-operator emulator
  $ wasabi-s3-operator emulator --data ./wasabi --bucket first --bucket second=eu-central-2
  $ wasabi-s3-operator emulator --port 0 --variables-file .env.wasabi --switch bucketPolicies=strict
  $ wasabi-s3-operator emulator --faults faults.json --seed 7
    with [{"operation": "PutObject", "probability": 0.1, "effect": {"type": "throttle", "retryAfterSeconds": 1}}]`;

async function run(values: Values): Promise<void> {
  const release = values.data === undefined ? undefined : claimFolder(values.data);
  try {
    const emulator = await startWith(emulatorFlags(values), values.data);
    try {
      if (values.variablesFile !== undefined) writeVariables(values.variablesFile, emulator);
      process.stdout.write(`${described(emulator, values.data)}\n${tries(emulator)}\nCtrl-C stops it.\n`);
      await untilStopped();
    } finally {
      await emulator.stop();
    }
  } finally {
    release?.();
  }
}

/** Whoever waits for the file finds it whole: it is written under another name first. @throws Error saying what to do */
function writeVariables(file: string, emulator: Emulator): void {
  const isSpecial = statSync(file, { throwIfNoEntry: false })?.isFile() === false; // such as /dev/stdout
  const written = isSpecial ? file : `${file}.next`;
  try {
    writeFileSync(written, envOf(emulator), { mode: 0o600 });
    if (!isSpecial) renameSync(written, file);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`--variables-file: ${why}: name a file in a folder that exists`, { cause });
  }
}

/** Starts it with its buckets made and its faults armed. @throws Error naming the port that is taken, or the flag that the folder contradicts */
export async function startWith({ options, buckets, faults }: EmulatorFlags, dataDir?: string): Promise<Emulator> {
  const emulator = await startEmulator({ ...options, ...(dataDir === undefined ? {} : { dataDir }) }).catch(
    (thrown: unknown) => {
      throw asFlag(thrown);
    },
  );
  try {
    makeBuckets(emulator, buckets);
  } catch (thrown) {
    await emulator.stop();
    throw thrown;
  }
  for (const fault of faults) emulator.faults.add(fault);
  return emulator;
}

function asFlag(thrown: unknown): unknown {
  if (thrown instanceof KeptAccountError) {
    const flag = `--${thrown.option.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`;
    return new Error(thrown.message.replace(thrown.option, flag).replace(/folder$/u, 'folder with --data'), {
      cause: thrown,
    });
  }
  if (!(thrown instanceof Error && 'code' in thrown)) return thrown;
  if (String(thrown.code).startsWith('ERR_OSSL_')) {
    const advice = 'give a certificate and the key that it is for, both in PEM';
    return new Error(`--tls-cert, --tls-key: ${thrown.message}: ${advice}`, { cause: thrown });
  }
  if (thrown.code !== 'EADDRINUSE') return thrown;
  return new Error(`${thrown.message}: choose another port with --port, or 0 for a free one`, { cause: thrown });
}

/** What somebody needs who wants to use it. */
export function described(emulator: Emulator, data: string | undefined): string {
  const { account, port, tlsPort, regionPorts } = emulator;
  const rows = [
    ['S3', `http://127.0.0.1:${port} for us-east-1; ${emulator.url('eu-central-2')} and so on`],
    ...Object.entries(regionPorts).map(([region, each]) => [`S3 ${region}`, `http://127.0.0.1:${each}`]),
    ['IAM, STS', `http://127.0.0.1:${port}, too; or ${emulator.iamUrl}, ${emulator.stsUrl}`],
    ...(tlsPort === undefined ? [] : [['TLS', `https://127.0.0.1:${tlsPort} and the same names, for all of them`]]),
    ['Account', account.accountId],
    ['Access key', `${account.accessKeyId} ${account.secretAccessKey}`],
    ['State', data ?? 'in memory'],
    ['Control', `http://127.0.0.1:${port}/_emulator/: calls, faults, state`],
  ];
  return `Wasabi is served on this machine.\n\n${rows.map(([name = '', text = '']) => `  ${name.padEnd(14)}${text}\n`).join('')}`;
}

function tries({ port }: Emulator): string {
  return ['Try:', ...shellOf(port), `  curl -s http://127.0.0.1:${port}/_emulator/calls`, ''].join('\n');
}

function shellOf(port: number): readonly string[] {
  return [
    `  aws --endpoint-url http://127.0.0.1:${port} s3 mb s3://first   # with the access key above`,
    `  aws --endpoint-url http://127.0.0.1:${port} iam create-user --user-name first`,
  ];
}

/** The variables that the AWS SDKs and CLI read. */
function envOf({ account, port }: Emulator): string {
  const endpoint = `http://127.0.0.1:${port}`; // names under localhost are not known to every resolver
  const variables = {
    AWS_ACCESS_KEY_ID: account.accessKeyId,
    AWS_SECRET_ACCESS_KEY: account.secretAccessKey,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ENDPOINT_URL_IAM: endpoint,
    AWS_ENDPOINT_URL_STS: endpoint,
  };
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
