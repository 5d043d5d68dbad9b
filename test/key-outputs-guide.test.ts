import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { accessKeyDefinition } from '../src/api/access-key.ts';
import type { KeyOutput } from '../src/api/key-outputs.ts';
import { verdict } from '../src/api/testing/verdict.ts';
import { type Preset, presets } from '../src/kinds/access-key/outputs/presets.ts';
import { type RenderedOutput, renderOutput } from '../src/kinds/access-key/outputs/render.ts';
import { dataView } from '../src/kinds/access-key/outputs/template.ts';
import { KEY_TEXT, someValues } from '../src/kinds/access-key/outputs/testing/values.ts';
import { blocksOf, CHECKOUT } from './support/guide-blocks.ts';
import { hasPython, readIni } from './support/read-ini.ts';

/** Every example of the guide is rendered, and read as the program reads it. */

const PAGE = 'docs/guides/key-outputs.md';
const ID = 'AKIAEXAMPLE000000001';
const HOST = 's3.eu-central-2.wasabisys.com';
const ENDPOINT = `https://${HOST}`;
const AWS = { AWS_ACCESS_KEY_ID: ID, AWS_SECRET_ACCESS_KEY: KEY_TEXT };

interface Block {
  readonly outputs?: readonly KeyOutput[];
  readonly spec?: { readonly outputs: readonly KeyOutput[] };
}

const outputs = blocksOf(PAGE)
  .filter(({ language }) => language === 'yaml')
  .flatMap(({ text, line }) => {
    const block = parseYaml(text) as Block;
    return (block.outputs ?? block.spec?.outputs ?? []).map((entry) => ({ entry, line }));
  });

function rendered(name: string): RenderedOutput {
  const found = outputs.find(({ entry }) => entry.name === name);
  assert.ok(found, `the guide has no output ${name}`);
  const { entry, line } = found;
  return renderOutput(entry, someValues({ bucket: entry.parameters?.bucket }), `${PAGE}:${line}`);
}

/** What programs find in the Secret, or in its one file. */
const EXPECTED: Readonly<Record<string, unknown>> = {
  'app-s3': {
    ...AWS,
    AWS_REGION: 'eu-central-2',
    AWS_DEFAULT_REGION: 'eu-central-2',
    AWS_ENDPOINT_URL_S3: ENDPOINT,
    AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
    AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
    BUCKET: 'team-a-data',
  },
  backup: { RESTIC_REPOSITORY: `s3:${ENDPOINT}/team-a-data/hosts/db-1`, AWS_DEFAULT_REGION: 'eu-central-2', ...AWS },
  'wal-g': {
    ...AWS,
    AWS_REGION: 'eu-central-2',
    AWS_ENDPOINT: ENDPOINT,
    AWS_S3_FORCE_PATH_STYLE: 'true',
    WALG_S3_PREFIX: 's3://team-a-wal/wal',
  },
  'percona-s3': AWS,
  'flux-s3': { accesskey: ID, secretkey: KEY_TEXT },
  'longhorn-s3': { ...AWS, AWS_ENDPOINTS: ENDPOINT, VIRTUAL_HOSTED_STYLE: 'false' },
  'k10-s3': { aws_access_key_id: ID, aws_secret_access_key: KEY_TEXT },
  'kserve-s3': AWS,
  'elastic-s3': { 's3.client.default.access_key': ID, 's3.client.default.secret_key': KEY_TEXT },
  'csi-s3': { accessKeyID: ID, secretAccessKey: KEY_TEXT, endpoint: ENDPOINT, region: 'eu-central-2' },
  juicefs: { storage: 's3', bucket: `${ENDPOINT}/team-a-files`, 'access-key': ID, 'secret-key': KEY_TEXT },
  'rancher-s3': { accessKey: ID, secretKey: KEY_TEXT },
  login: { username: ID, password: KEY_TEXT },
  'portworx-style': {
    'access-key-id': ID,
    'secret-access-key': KEY_TEXT,
    'bucket-id': 'team-a-data',
    endpoint: ENDPOINT,
    region: 'eu-central-2',
  },
  'crossplane-style': { username: ID, password: KEY_TEXT, endpoint: ENDPOINT, region: 'eu-central-2' },
  'insee-style': {
    accessKey: ID,
    secretKey: KEY_TEXT,
    s3url: ENDPOINT,
    s3region: 'eu-central-2',
    s3PathStyleUrl: 'true',
  },
};

/** Outputs that hold one file each: under which key, and what it says to a parser of its format. */
const FILES: Readonly<
  Record<string, { readonly key: string; readonly parse: (text: string) => unknown; readonly says: unknown }>
> = {
  'bucket-info': {
    key: 'BucketInfo',
    parse: (text) => JSON.parse(text),
    says: {
      metadata: { name: 'team-a-data' },
      spec: {
        bucketName: 'team-a-data',
        authenticationType: 'KEY',
        protocols: ['s3'],
        secretS3: { endpoint: ENDPOINT, region: 'eu-central-2', accessKeyID: ID, accessSecretKey: KEY_TEXT },
      },
    },
  },
  mc: {
    key: 'config.json',
    parse: (text) => JSON.parse(text),
    says: {
      version: '10',
      aliases: { wasabi: { url: ENDPOINT, accessKey: ID, secretKey: KEY_TEXT, api: 's3v4', path: 'on' } },
    },
  },
};

/** What s3cmd reads. */
const S3CMD = {
  access_key: ID,
  secret_key: KEY_TEXT,
  bucket_location: 'eu-central-2',
  host_base: `${HOST}:443`,
  host_bucket: `${HOST}:443`,
  use_https: 'True',
};

test('the guide has an expectation for each of its examples', () => {
  const names = [...Object.keys(EXPECTED), ...Object.keys(FILES), 's3cmd'];
  assert.deepEqual(outputs.map(({ entry }) => entry.name).toSorted(), names.toSorted());
});

test('every example is one that the API server takes', () => {
  for (const { entry, line } of outputs) {
    const spec = { providerRef: { name: 'wasabi-eu' }, userRef: { name: 'team-a' }, outputs: [entry] };
    assert.deepEqual(verdict(accessKeyDefinition, { to: { spec } }), [], `line ${line}`);
  }
});

for (const [name, data] of Object.entries(EXPECTED)) {
  test(`example ${name} holds what the program reads`, () => {
    assert.deepEqual(rendered(name).data, data);
  });
}

for (const [name, { key, parse, says }] of Object.entries(FILES)) {
  test(`example ${name} holds a file that the program reads`, () => {
    const { data } = rendered(name);
    assert.deepEqual(Object.keys(data), [key]);
    assert.deepEqual(parse(data[key] ?? ''), says);
  });
}

test('example s3cmd holds an INI file', { skip: hasPython ? false : 'there is no python3' }, () => {
  assert.deepEqual(readIni([rendered('s3cmd').data['.s3cfg'] ?? '']), [{ default: S3CMD }]);
});

test('types and annotations of the examples', () => {
  assert.equal(rendered('k10-s3').type, 'secrets.kanister.io/aws');
  assert.equal(rendered('login').type, 'kubernetes.io/basic-auth');
  assert.deepEqual(rendered('kserve-s3').annotations, {
    'serving.kserve.io/s3-endpoint': `${HOST}:443`,
    'serving.kserve.io/s3-usehttps': '1',
    'serving.kserve.io/s3-region': 'eu-central-2',
  });
});

test('the guide names every preset with its parameters, and every value of templates', () => {
  const text = readFileSync(new URL(PAGE, CHECKOUT), 'utf8');
  const rows = [...text.matchAll(/^\| `([\w-]+)` \| .* \| (.*)\|$/gm)].map(([, name = '', parameters = '']) => ({
    name,
    parameters: new Set([...parameters.matchAll(/`(\w+)`/g)].map((match) => match[1])),
    needsBucket: parameters.includes('`bucket` (required)'),
  }));
  const documented = rows.map(({ name, parameters, needsBucket }) => {
    parameters.delete('bucket');
    return [name, [...parameters].map(String).toSorted(), needsBucket];
  });
  const known = Object.entries<Preset>(presets).map(([name, { takes, needsBucket }]) => [
    name,
    takes.map(String).toSorted(),
    needsBucket,
  ]);
  assert.deepEqual(documented, known);
  const view = dataView({ ...someValues(), secretAccessKey: '' });
  const section = text.slice(text.indexOf('## Templates'), text.indexOf('## More Secrets'));
  const values = [...section.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell = '']) => cell.split(', '));
  assert.deepEqual(values.map((value) => value.replaceAll('`', '')).toSorted(), Object.keys(view).toSorted());
});
