import { parse } from 'yaml';
import type { KeyOutput } from '../../src/api/key-outputs.ts';
import { blocksOf } from '../support/guide-blocks.ts';
import type { Pod, SecretUse } from './pod.ts';
import type { ProgramName } from './programs.ts';

/** What a program does with the bucket in one round. */
export interface Work {
  readonly pod: Pod;
  readonly bucket: string;
  /** Tells the objects of this round from those of others. */
  readonly name: string;
  /** Path of what is uploaded. */
  readonly source: string;
  /** Path for what comes back. */
  readonly target: string;
}

/** A program that people use with such a Secret, and how they call it. */
export interface Consumer {
  readonly title: string;
  /** Its name on the PATH. */
  readonly program: ProgramName;
  /** The output that its Secret is; the name is `consumer`. */
  readonly output: Omit<KeyOutput, 'name'>;
  readonly use: SecretUse;
  /** What it does beside what `accessLevel: readwrite` allows: granted by a BucketPolicy of its own. */
  readonly actions?: readonly string[];
  /** What the Secret held before the operator came, where it is merged into one. */
  readonly before?: Readonly<Record<string, string>>;
  /** The variable by which it is told which certificates to trust, where those of the machine do not do. */
  readonly trust: 'SSL_CERT_FILE' | 'AWS_CA_BUNDLE';
  /** What the container is given beside the Secret. */
  readonly env?: (endpoint: string) => Readonly<Record<string, string>>;
  /** Once, before the first round. */
  readonly prepare?: (pod: Pod) => Promise<unknown>;
  /** Uploads `source`, makes sure that a listing has it, and downloads it to `target`. @throws Error */
  readonly work: (work: Work) => Promise<void>;
}

const BOTO3 = `
import boto3, os, sys
bucket, name, source, target = sys.argv[1:]
client = boto3.client('s3')
client.upload_file(source, bucket, name)
listed = [each['Key'] for each in client.list_objects_v2(Bucket=bucket)['Contents']]
if name not in listed: sys.exit(f'{name} is not among {listed}')
client.download_file(bucket, name, target)`;

const awsCli: Consumer['work'] = async ({ pod, bucket, name, source, target }) => {
  await pod.run('aws', 's3', 'cp', source, `s3://${bucket}/${name}`);
  expectListed(await pod.run('aws', 's3', 'ls', `s3://${bucket}/`), name);
  await pod.run('aws', 's3', 'cp', `s3://${bucket}/${name}`, target);
};

const boto3: Consumer['work'] = async ({ pod, bucket, name, source, target }) => {
  await pod.run('python3', '-c', BOTO3, bucket, name, source, target);
};

/** With a credentials file: the rest is no secret. */
const beside: Consumer['env'] = (endpoint) => ({
  AWS_SHARED_CREDENTIALS_FILE: 'secrets/credentials',
  AWS_ENDPOINT_URL_S3: endpoint,
  AWS_REGION: 'eu-central-2',
  AWS_DEFAULT_REGION: 'eu-central-2',
  AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
  AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
});

/** Each of them, in the way that its guide says. */
export const CONSUMERS: readonly Consumer[] = [
  {
    title: 'rclone with preset rclone',
    program: 'rclone',
    trust: 'SSL_CERT_FILE',
    output: { preset: 'rclone' },
    use: 'volume',
    actions: ['s3:PutObjectAcl'], // up to 1.60 every upload names an ACL
    work: async ({ pod, bucket, name, source, target }) => {
      const rclone = (...args: string[]) => pod.run('rclone', '--config', `${pod.secrets}/rclone.conf`, ...args);
      await rclone('copyto', source, `wasabi:${bucket}/${name}`);
      expectListed(await rclone('lsf', `wasabi:${bucket}`), name);
      await rclone('copyto', `wasabi:${bucket}/${name}`, target);
    },
  },
  {
    title: 'restic with preset restic, merged into the Secret that holds its password',
    program: 'restic',
    trust: 'SSL_CERT_FILE',
    output: { preset: 'restic', merge: true, parameters: { path: 'hosts/db-1' } },
    use: 'envFrom',
    before: { RESTIC_PASSWORD: 'known to nobody else' },
    prepare: (pod) => pod.run('restic', 'init'),
    work: async ({ pod, name, source, target }) => {
      await pod.run('restic', 'backup', '--tag', name, source);
      expectListed(await pod.run('restic', 'snapshots', '--tag', name, 'latest'), name);
      await pod.run('restic', 'restore', 'latest', '--tag', name, '--target', `${target}.restored`);
      await pod.run('restic', 'check', '--read-data');
      await pod.run('cp', `${target}.restored${source}`, target);
    },
  },
  {
    title: 's3cmd with the template of the guide',
    program: 's3cmd',
    trust: 'SSL_CERT_FILE',
    output: s3cmdOutput(),
    use: 'volume',
    work: async ({ pod, bucket, name, source, target }) => {
      const s3cmd = (...args: string[]) => pod.run('s3cmd', '--config', `${pod.secrets}/.s3cfg`, ...args);
      await s3cmd('put', source, `s3://${bucket}/${name}`);
      expectListed(await s3cmd('ls', `s3://${bucket}/`), name);
      await s3cmd('get', `s3://${bucket}/${name}`, target);
    },
  },
  {
    title: 'boto3 with preset aws-env',
    program: 'boto3',
    trust: 'AWS_CA_BUNDLE',
    output: { preset: 'aws-env' },
    use: 'envFrom',
    work: boto3,
  },
  {
    title: 'boto3 with preset aws-credentials-file',
    program: 'boto3',
    trust: 'AWS_CA_BUNDLE',
    output: { preset: 'aws-credentials-file' },
    use: 'volume',
    env: beside,
    work: boto3,
  },
  {
    title: 'the AWS CLI with preset aws-env',
    program: 'aws',
    trust: 'AWS_CA_BUNDLE',
    output: { preset: 'aws-env' },
    use: 'envFrom',
    work: awsCli,
  },
  {
    title: 'the AWS CLI with preset aws-credentials-file',
    program: 'aws',
    trust: 'AWS_CA_BUNDLE',
    output: { preset: 'aws-credentials-file' },
    use: 'volume',
    env: beside,
    work: awsCli,
  },
];

function s3cmdOutput(): Consumer['output'] {
  const blocks = blocksOf('docs/guides/key-outputs.md').filter(({ section }) => section === 's3cmd and mc');
  const { outputs } = parse(blocks[0]?.text ?? '') as { outputs: readonly KeyOutput[] }; // our own page
  const found = outputs.find(({ name }) => name === 's3cmd');
  if (found === undefined) throw new Error('the guide has no output s3cmd');
  const { name: _name, ...output } = found;
  return output;
}

function expectListed(printed: string, name: string): void {
  if (!printed.includes(name)) throw new Error(`${name} is not listed:\n${printed}`);
}
