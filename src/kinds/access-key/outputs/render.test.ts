import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BUCKET_PRESETS } from '../../../api/key-outputs.ts';
import { ReconcileError } from '../../../runtime/errors.ts';
import { presets } from './presets.ts';
import { type OutputShape, renderOutput } from './render.ts';
import { KEY_TEXT, someValues } from './testing/values.ts';
import type { OutputLocation } from './values.ts';

const ID = 'AKIAEXAMPLE000000001';
const ENDPOINT = 'https://s3.eu-central-2.wasabisys.com';
const HOST = 's3.eu-central-2.wasabisys.com';
const PAIR = { AWS_ACCESS_KEY_ID: ID, AWS_SECRET_ACCESS_KEY: KEY_TEXT };
const PLAIN_HTTP = { endpoint: 'http://minio.storage:9000', region: 'local', pathStyle: false };

interface Case {
  readonly shape: OutputShape;
  readonly location?: Partial<OutputLocation>;
  readonly data: Readonly<Record<string, string>>;
  readonly configMap?: Readonly<Record<string, string>>;
}

const cases: Readonly<Record<string, Case>> = {
  original: { shape: { preset: 'original' }, data: { 'access-key-id': ID, 'secret-access-key': KEY_TEXT } },
  'aws-env': {
    shape: { preset: 'aws-env' },
    data: {
      ...PAIR,
      AWS_REGION: 'eu-central-2',
      AWS_DEFAULT_REGION: 'eu-central-2',
      AWS_ENDPOINT_URL_S3: ENDPOINT,
      AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
      AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
      BUCKET: 'team-a-data',
    },
  },
  'aws-env as a file, without a bucket': {
    shape: { preset: 'aws-env', parameters: { key: '.env' } },
    location: { bucket: undefined },
    data: {
      '.env': `AWS_ACCESS_KEY_ID=${ID}\nAWS_SECRET_ACCESS_KEY=${KEY_TEXT}\nAWS_REGION=eu-central-2\nAWS_DEFAULT_REGION=eu-central-2\nAWS_ENDPOINT_URL_S3=${ENDPOINT}\nAWS_REQUEST_CHECKSUM_CALCULATION=when_required\nAWS_RESPONSE_CHECKSUM_VALIDATION=when_required\n`,
    },
  },
  'aws-credentials-file': {
    shape: { preset: 'aws-credentials-file' },
    data: { credentials: `[default]\naws_access_key_id=${ID}\naws_secret_access_key=${KEY_TEXT}\n` },
  },
  'aws-credentials-file for Velero': {
    shape: { preset: 'aws-credentials-file', parameters: { key: 'cloud', profile: 'backup' } },
    data: { cloud: `[backup]\naws_access_key_id=${ID}\naws_secret_access_key=${KEY_TEXT}\n` },
  },
  obc: {
    shape: { preset: 'obc' },
    data: PAIR,
    configMap: {
      BUCKET_HOST: HOST,
      BUCKET_NAME: 'team-a-data',
      BUCKET_PORT: '443',
      BUCKET_REGION: 'eu-central-2',
      BUCKET_SUBREGION: '',
    },
  },
  'cosi-v1alpha2': {
    shape: { preset: 'cosi-v1alpha2' },
    data: {
      COSI_PROTOCOL: 'S3',
      COSI_S3_BUCKET_ID: 'team-a-data',
      COSI_S3_ENDPOINT: ENDPOINT,
      COSI_S3_REGION: 'eu-central-2',
      COSI_S3_ADDRESSING_STYLE: 'path',
      COSI_S3_ACCESS_KEY_ID: ID,
      COSI_S3_ACCESS_SECRET_KEY: KEY_TEXT,
    },
  },
  'cosi-v1alpha2, virtual hosts': {
    shape: { preset: 'cosi-v1alpha2' },
    location: PLAIN_HTTP,
    data: {
      COSI_PROTOCOL: 'S3',
      COSI_S3_BUCKET_ID: 'team-a-data',
      COSI_S3_ENDPOINT: 'http://minio.storage:9000',
      COSI_S3_REGION: 'local',
      COSI_S3_ADDRESSING_STYLE: 'virtual',
      COSI_S3_ACCESS_KEY_ID: ID,
      COSI_S3_ACCESS_SECRET_KEY: KEY_TEXT,
    },
  },
  'loki-operator': {
    shape: { preset: 'loki-operator' },
    data: {
      bucketnames: 'team-a-data',
      endpoint: ENDPOINT,
      region: 'eu-central-2',
      access_key_id: ID,
      access_key_secret: KEY_TEXT,
      forcepathstyle: 'true',
    },
  },
  thanos: {
    shape: { preset: 'thanos' },
    data: {
      'objstore.yml': `type: "S3"\nconfig:\n  bucket: "team-a-data"\n  endpoint: "${HOST}"\n  region: "eu-central-2"\n  access_key: "${ID}"\n  secret_key: "${KEY_TEXT}"\n  insecure: false\n  bucket_lookup_type: "path"\n`,
    },
  },
  'thanos over plain HTTP, in a folder': {
    shape: { preset: 'thanos', parameters: { key: 'thanos.yaml', path: 'metrics/eu' } },
    location: PLAIN_HTTP,
    data: {
      'thanos.yaml': `type: "S3"\nconfig:\n  bucket: "team-a-data"\n  endpoint: "minio.storage:9000"\n  region: "local"\n  access_key: "${ID}"\n  secret_key: "${KEY_TEXT}"\n  insecure: true\n  bucket_lookup_type: "virtual-hosted"\nprefix: "metrics/eu"\n`,
    },
  },
  cnpg: {
    shape: { preset: 'cnpg' },
    data: { ACCESS_KEY_ID: ID, ACCESS_SECRET_KEY: KEY_TEXT, REGION: 'eu-central-2' },
  },
  pgbackrest: {
    shape: { preset: 'pgbackrest' },
    data: { 's3.conf': `[global]\nrepo1-s3-key=${ID}\nrepo1-s3-key-secret=${KEY_TEXT}\n` },
  },
  'pgbackrest with location': {
    shape: { preset: 'pgbackrest', parameters: { key: 'repo.conf', repo: 4, includeLocation: true } },
    location: { endpoint: 'https://s3.example.com:8443', pathStyle: false },
    data: {
      'repo.conf': `[global]\nrepo4-s3-key=${ID}\nrepo4-s3-key-secret=${KEY_TEXT}\nrepo4-s3-bucket=team-a-data\nrepo4-s3-endpoint=s3.example.com\nrepo4-storage-port=8443\nrepo4-s3-region=eu-central-2\nrepo4-s3-uri-style=host\n`,
    },
  },
  restic: {
    shape: { preset: 'restic' },
    data: { RESTIC_REPOSITORY: `s3:${ENDPOINT}/team-a-data`, AWS_DEFAULT_REGION: 'eu-central-2', ...PAIR },
  },
  'restic in a folder': {
    shape: { preset: 'restic', parameters: { path: 'hosts/db-1' } },
    data: { RESTIC_REPOSITORY: `s3:${ENDPOINT}/team-a-data/hosts/db-1`, AWS_DEFAULT_REGION: 'eu-central-2', ...PAIR },
  },
  rclone: {
    shape: { preset: 'rclone' },
    data: {
      'rclone.conf': `[wasabi]\ntype=s3\nprovider=Wasabi\naccess_key_id=${ID}\nsecret_access_key=${KEY_TEXT}\nregion=eu-central-2\nendpoint=${ENDPOINT}\nforce_path_style=true\nno_check_bucket=true\n`,
    },
  },
  'rclone at another server': {
    shape: { preset: 'rclone', parameters: { key: 'conf', remote: 'minio' } },
    location: PLAIN_HTTP,
    data: {
      conf: `[minio]\ntype=s3\nprovider=Other\naccess_key_id=${ID}\nsecret_access_key=${KEY_TEXT}\nregion=local\nendpoint=http://minio.storage:9000\nforce_path_style=false\nno_check_bucket=true\n`,
    },
  },
  registry: {
    shape: { preset: 'registry' },
    data: { REGISTRY_STORAGE_S3_ACCESSKEY: ID, REGISTRY_STORAGE_S3_SECRETKEY: KEY_TEXT },
  },
  'a template': {
    shape: { template: { username: '{{accessKeyId}}', password: '{{secretAccessKey}}' } },
    data: { username: ID, password: KEY_TEXT },
  },
};

for (const [title, { shape, location = {}, data, configMap }] of Object.entries(cases)) {
  test(`output: ${title}`, () => {
    const rendered = renderOutput(shape, someValues(location), 'spec.outputs[0]');
    assert.deepEqual(rendered, {
      type: 'Opaque',
      labels: {},
      annotations: {},
      data,
      ...(configMap === undefined ? {} : { configMap }),
    });
  });
}

test('output: type, labels and annotations, which are templates without the key', () => {
  const shape: OutputShape = {
    template: { username: '{{accessKeyId}}', password: '{{secretAccessKey}}' },
    type: 'kubernetes.io/basic-auth',
    labels: { app: '{{host}}' },
    annotations: { 'serving.kserve.io/s3-endpoint': '{{host}}', note: '{{#secure}}1{{/secure}}' },
  };
  const { type, labels, annotations } = renderOutput(shape, someValues(), 'spec.outputs[0]');
  assert.equal(type, 'kubernetes.io/basic-auth');
  assert.deepEqual(labels, { app: '{{host}}' });
  assert.deepEqual(annotations, { 'serving.kserve.io/s3-endpoint': HOST, note: '1' });
});

const NAME_WORDS = 'must be up to 64 letters, digits, dots, hyphens and underscores, such as wasabi';
const KEY_WORDS = 'must be letters, digits, dots, hyphens and underscores, such as credentials';
const PATH_WORDS =
  'must be names of letters, digits, dots, hyphens and underscores with single slashes between them, such as team-a/db';

interface Refusal {
  readonly title: string;
  readonly shape: OutputShape;
  readonly location?: Partial<OutputLocation>;
  readonly secret?: string;
  readonly says: string;
}

const refusals: readonly Refusal[] = [
  { title: 'neither preset nor template', shape: {}, says: ': name either a preset or a template, not both' },
  {
    title: 'both',
    shape: { preset: 'original', template: {} },
    says: ': name either a preset or a template, not both',
  },
  {
    title: 'a missing bucket',
    shape: { preset: 'obc' },
    location: { bucket: undefined },
    says: '.parameters.bucket: preset obc needs the name of a bucket: give it',
  },
  {
    title: 'a parameter of another preset',
    shape: { preset: 'rclone', parameters: { profile: 'a' } },
    says: '.parameters.profile: preset rclone takes no such parameter: take it out (it takes: key, remote, bucket, region)',
  },
  {
    title: 'a parameter beside a template',
    shape: { template: { a: 'b' }, parameters: { key: 'a' } },
    says: '.parameters.key: a template takes no such parameter: take it out (it takes: bucket, region)',
  },
  {
    title: 'another section in a profile',
    shape: { preset: 'aws-credentials-file', parameters: { profile: 'a]\n[b' } },
    says: `.parameters.profile: "a]\\n[b" ${NAME_WORDS}`,
  },
  {
    title: 'a remote that reads as an option',
    shape: { preset: 'rclone', parameters: { remote: '-v' } },
    says: `.parameters.remote: "-v" ${NAME_WORDS}`,
  },
  {
    title: 'a key with a slash',
    shape: { preset: 'thanos', parameters: { key: '../x' } },
    says: `.parameters.key: "../x" ${KEY_WORDS}`,
  },
  {
    title: 'a key of dots',
    shape: { preset: 'thanos', parameters: { key: '..' } },
    says: `.parameters.key: ".." ${KEY_WORDS}`,
  },
  {
    title: 'a repository 0',
    shape: { preset: 'pgbackrest', parameters: { repo: 0 } },
    says: '.parameters.repo: 0 must be a whole number from 1 to 256',
  },
  {
    title: 'a folder above',
    shape: { preset: 'restic', parameters: { path: 'a/../b' } },
    says: `.parameters.path: "a/../b" ${PATH_WORDS}`,
  },
  {
    title: 'a folder that begins with a slash',
    shape: { preset: 'restic', parameters: { path: '/a' } },
    says: `.parameters.path: "/a" ${PATH_WORDS}`,
  },
  {
    title: 'a type that gives rights',
    shape: { preset: 'original', type: 'kubernetes.io/service-account-token' },
    says: '.type: a Secret of type kubernetes.io/service-account-token would give rights in the cluster: choose another type',
  },
  {
    title: 'a key of a template',
    shape: { template: { 'a b': 'x' } },
    says: '.template: the key "a b" must be of letters, digits, dots, hyphens and underscores, such as credentials',
  },
  {
    title: 'a template',
    shape: { template: { config: '{{user' } },
    says: '.template[config]: line 1, column 7: Unclosed tag',
  },
  {
    title: 'a template in an annotation',
    shape: { preset: 'original', annotations: { a: '{{secretAccessKey}}' } },
    says: '.annotations[a]: line 1, column 1: there is no value "secretAccessKey": known are endpoint, scheme, secure, host, port, region, bucket, pathStyle, user',
  },
  {
    title: 'a text that INI readers take for something else',
    shape: { preset: 'rclone' },
    secret: '`quoted`',
    says: ': preset rclone cannot hold secret_access_key, since it begins with a quote, or holds "%(": choose another preset, or write a template',
  },
  {
    title: 'a text that files of variables cannot hold',
    shape: { preset: 'aws-env', parameters: { key: '.env' } },
    secret: "it's",
    says: ': preset aws-env cannot hold AWS_SECRET_ACCESS_KEY, since it holds a single quote or a line break: choose another preset, or write a template',
  },
];

for (const { title, shape, location = {}, secret, says } of refusals) {
  test(`output: refused: ${title}`, () => {
    const values = someValues({ ...location, ...(secret === undefined ? {} : { secret }) });
    assert.throws(
      () => renderOutput(shape, values, 'spec.outputs[0]'),
      (thrown) => {
        assert.ok(thrown instanceof ReconcileError);
        assert.equal(thrown.type, 'InvalidSpec');
        assert.equal(thrown.message, `spec.outputs[0]${says}`);
        return true;
      },
    );
  });
}

test('presets: the definition knows which of them need a bucket', () => {
  const needing = Object.entries(presets).flatMap(([name, { needsBucket }]) => (needsBucket ? [name] : []));
  assert.deepEqual([...BUCKET_PRESETS].toSorted(), needing.toSorted());
});
