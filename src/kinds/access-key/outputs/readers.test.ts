import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseEnv, promisify } from 'node:util';
import { oneof, sample, string, stringMatching } from 'fast-check';
import { parse as parseYaml } from 'yaml';
import { hasPython, readIni } from '../../../../test/support/read-ini.ts';
import { startEmulator } from '../../../emulator/server.ts';
import { type OutputShape, renderOutput } from './render.ts';
import { someValues } from './testing/values.ts';
import { envText, iniText, NotExpressible, yamlText } from './text-formats.ts';

/** What is written is read back by programs that were not made for it. */

const run = promisify(execFile);
const HAS_BOTO3 = hasPython && spawnSync('python3', ['-c', 'import boto3']).status === 0;
const withoutPython = hasPython ? false : 'there is no python3';

/** Keys as other servers may make them, one with the signs that formats give a meaning. */
const KEYS = ['abcdEFGH/+ijkl0123456789mnopQRSTuvwxYZ9=', '#a;b"c\\d$e`f%g{{h}}<i>&j:k=l[m]!n*o,p|q~', ';x#y"z\\'];

function dataOf(shape: OutputShape, secret: string, location: Parameters<typeof someValues>[0] = {}) {
  return renderOutput(shape, someValues({ ...location, secret }), 'spec.outputs[0]').data;
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'outputs-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

for (const secret of KEYS) {
  test(`thanos: YAML 1.1 and 1.2 give the key back: ${secret.slice(0, 4)}`, () => {
    const text = dataOf({ preset: 'thanos' }, secret)['objstore.yml'] ?? '';
    for (const version of ['1.1', '1.2'] as const) {
      const read = parseYaml(text, { version }) as { type: string; config: Record<string, unknown> };
      assert.equal(read.type, 'S3');
      assert.equal(read.config['secret_key'], secret);
      assert.deepEqual([read.config['insecure'], read.config['endpoint']], [false, 's3.eu-central-2.wasabisys.com']);
    }
  });

  test(`INI: configparser gives the key back: ${secret.slice(0, 4)}`, { skip: withoutPython }, () => {
    const read = readIni([
      dataOf({ preset: 'rclone' }, secret)['rclone.conf'] ?? '',
      dataOf({ preset: 'pgbackrest', parameters: { includeLocation: true } }, secret)['s3.conf'] ?? '',
      dataOf({ preset: 'aws-credentials-file', parameters: { profile: 'backup' } }, secret)['credentials'] ?? '',
    ]);
    assert.equal(read[0]?.['wasabi']?.['secret_access_key'], secret);
    assert.equal(read[0]?.['wasabi']?.['provider'], 'Wasabi');
    assert.equal(read[1]?.['global']?.['repo1-s3-key-secret'], secret);
    assert.equal(read[1]?.['global']?.['repo1-s3-uri-style'], 'path');
    assert.deepEqual(Object.keys(read[2] ?? {}), ['backup']);
    assert.equal(read[2]?.['backup']?.['aws_secret_access_key'], secret);
  });

  test(`a file of variables: Node and a shell give the key back: ${secret.slice(0, 4)}`, async (t) => {
    const text = dataOf({ preset: 'aws-env', parameters: { key: '.env' } }, secret)['.env'] ?? '';
    assert.equal(parseEnv(text)['AWS_SECRET_ACCESS_KEY'], secret);
    assert.equal(parseEnv(text)['BUCKET'], 'team-a-data');
    const file = join(folder(t), '.env');
    writeFileSync(file, text);
    const { stdout } = await run('sh', ['-c', `. "$0" && printf %s "$AWS_SECRET_ACCESS_KEY"`, file]);
    assert.equal(stdout, secret);
  });

  test(`the AWS SDK finds the key in its file and in its environment: ${secret.slice(0, 4)}`, async (t) => {
    const file = join(folder(t), 'credentials');
    const shape: OutputShape = { preset: 'aws-credentials-file', parameters: { key: 'cloud', profile: 'backup' } };
    writeFileSync(file, dataOf(shape, secret)['cloud'] ?? '');
    const script = `
import { S3Client } from '@aws-sdk/client-s3';
const { config } = new S3Client({});
const { accessKeyId, secretAccessKey } = await config.credentials();
console.log(JSON.stringify([accessKeyId, secretAccessKey, await config.region()]));`;
    for (const env of [
      { AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: 'backup', AWS_REGION: 'eu-central-2', HOME: '/nowhere' },
      { ...dataOf({ preset: 'aws-env' }, secret), HOME: '/nowhere' },
    ]) {
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { env });
      assert.deepEqual(JSON.parse(stdout), ['AKIAEXAMPLE000000001', secret, 'eu-central-2']);
    }
  });
}

test('text formats: whatever text is taken is given back, and never makes another entry', {
  skip: withoutPython,
}, () => {
  const texts = sample(
    oneof(string({ unit: 'binary' }), string({ unit: 'grapheme' }), stringMatching(/^[\x20-\x7e\n\r\t]*$/)),
    {
      numRuns: 2_000,
      seed: 7,
    },
  );
  const taken: { text: string; ini: string }[] = [];
  for (const text of texts) {
    const yaml = yamlText({ a: { first: text, last: 'x' } });
    for (const version of ['1.1', '1.2'] as const) {
      assert.deepEqual(parseYaml(yaml, { version }), { a: { first: text, last: 'x' } }, JSON.stringify(text));
    }
    const ini = unlessRefused(() => iniText('s', { first: text, last: 'x' }));
    if (ini !== undefined) taken.push({ text, ini });
    const env = unlessRefused(() => envText({ first: text, last: 'x' }));
    if (env !== undefined) assert.deepEqual({ ...parseEnv(env) }, { first: text, last: 'x' }, JSON.stringify(text));
  }
  assert.ok(taken.length > 100);
  const read = readIni(taken.map(({ ini }) => ini));
  for (const [index, { text }] of taken.entries()) {
    assert.deepEqual(read[index], { s: { first: text, last: 'x' } }, JSON.stringify(text));
  }
});

function unlessRefused(write: () => string): string | undefined {
  try {
    return write();
  } catch (thrown) {
    if (thrown instanceof NotExpressible) return undefined;
    throw thrown;
  }
}

const UPLOADS = {
  'the AWS SDK for JavaScript': {
    skip: false,
    command: [
      process.execPath,
      '--input-type=module',
      '-e',
      `import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
const client = new S3Client({ forcePathStyle: true });
const Bucket = process.env.BUCKET;
await client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'content' }));
const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'k' }));
process.stdout.write(await Body.transformToString());`,
    ],
  },
  boto3: {
    skip: HAS_BOTO3 ? false : 'there is no boto3',
    command: [
      'python3',
      '-c',
      `import boto3, os, sys
client = boto3.client('s3')
client.put_object(Bucket=os.environ['BUCKET'], Key='k', Body=b'content')
sys.stdout.write(client.get_object(Bucket=os.environ['BUCKET'], Key='k')['Body'].read().decode())`,
    ],
  },
} as const;

for (const [consumer, { skip, command }] of Object.entries(UPLOADS)) {
  test(`aws-env: ${consumer} uploads and downloads with nothing but that Secret`, { skip }, async (t) => {
    const emulator = await startEmulator({ regionPorts: { 'eu-central-2': 0 } });
    t.after(() => emulator.stop());
    const { accessKeyId: id, secretAccessKey: secret } = emulator.account;
    emulator.console.createBucket({ name: 'team-a-data', region: 'eu-central-2' });
    const values = { id, endpoint: `http://127.0.0.1:${emulator.regionPorts['eu-central-2']}` };
    const env = { ...dataOf({ preset: 'aws-env' }, secret, values), HOME: '/nowhere', PATH: process.env['PATH'] };
    const [program, ...args] = command;
    const { stdout } = await run(program, args, { env, timeout: 30_000 });
    assert.equal(stdout, 'content');
  });
}
