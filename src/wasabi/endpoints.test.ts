import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReconcileError } from '../runtime/errors.ts';
import { defaultEndpoints, endpointFor, endpointHostRegion, isSameSite, regionOfHost } from './endpoints.ts';

test('Wasabi: every region has its host, us-east-1 the one without a region in it', () => {
  assert.deepEqual(defaultEndpoints('wasabi', 'us-east-1'), {
    endpoint: 'https://s3.wasabisys.com',
    iamEndpoint: 'https://iam.wasabisys.com',
    iamRegion: 'us-east-1',
    stsEndpoint: 'https://sts.wasabisys.com',
  });
  assert.equal(defaultEndpoints('wasabi', 'eu-central-2').endpoint, 'https://s3.eu-central-2.wasabisys.com');
  assert.equal(defaultEndpoints('wasabi', 'eu-central-2').iamRegion, 'us-east-1');
});

test('any other server: nothing is derived', () => {
  assert.deepEqual(defaultEndpoints('s3', 'garage'), {
    endpoint: undefined,
    iamEndpoint: undefined,
    iamRegion: 'garage',
    stsEndpoint: undefined,
  });
});

const cases: readonly [title: string, endpoint: string, region: string, bucketRegion: string, expected: string][] = [
  ['same region: as given', 'https://s3.wasabisys.com/', 'us-east-1', 'us-east-1', 'https://s3.wasabisys.com'],
  ['Wasabi, other region', 'https://s3.wasabisys.com', 'us-east-1', 'eu-west-1', 'https://s3.eu-west-1.wasabisys.com'],
  ['Wasabi, to us-east-1', 'https://s3.eu-west-1.wasabisys.com', 'eu-west-1', 'us-east-1', 'https://s3.wasabisys.com'],
  [
    'Wasabi, alias stays in its region',
    'https://s3.nl-1.wasabisys.com',
    'eu-central-1',
    'eu-central-1',
    'https://s3.nl-1.wasabisys.com',
  ],
  [
    'Wasabi, alias to another region',
    'https://s3.nl-1.wasabisys.com',
    'eu-central-1',
    'eu-west-2',
    'https://s3.eu-west-2.wasabisys.com',
  ],
  [
    'Wasabi, a region that is not in any list',
    'https://s3.wasabisys.com',
    'us-east-1',
    'mars-north-7',
    'https://s3.mars-north-7.wasabisys.com',
  ],
  [
    'region as a label',
    'http://s3.us-east-1.localhost:9000',
    'us-east-1',
    'eu-central-1',
    'http://s3.eu-central-1.localhost:9000',
  ],
  ['no such label', 'http://127.0.0.1:9000', 'us-east-1', 'eu-central-1', 'http://127.0.0.1:9000'],
  [
    'a region within a label is none',
    'https://my-us-east-1-box.example.com',
    'us-east-1',
    'eu-west-1',
    'https://my-us-east-1-box.example.com',
  ],
  [
    'somebody else’s domain that only looks like it',
    'https://s3.wasabisys.com.example.net',
    'us-east-1',
    'eu-west-1',
    'https://s3.wasabisys.com.example.net',
  ],
];
for (const [title, endpoint, region, bucketRegion, expected] of cases) {
  test(`endpoint of a bucket: ${title}`, () => {
    assert.equal(endpointFor({ endpoint, region }, bucketRegion), expected);
  });
}

for (const region of [
  '',
  'evil.example.com',
  'a/b',
  'a@b',
  'A',
  '-a',
  'a-',
  'a b',
  'a#',
  'x'.repeat(64),
  'é',
  '../x',
  'a:1',
]) {
  test(`a region that cannot be a label of a host name is refused: ${JSON.stringify(region.slice(0, 20))}`, () => {
    const isRefused = (error: unknown) => error instanceof ReconcileError && error.reason === 'InvalidRegion';
    assert.throws(() => endpointFor({ endpoint: 'https://s3.wasabisys.com', region: 'us-east-1' }, region), isRefused);
    assert.throws(() => defaultEndpoints('wasabi', region), isRefused);
  });
}

test('an endpoint that is no URL is the author’s to correct', () => {
  assert.throws(() => endpointFor({ endpoint: 's3.wasabisys.com', region: 'a' }, 'b'), {
    type: 'InvalidSpec',
    message: 'spec.endpoint: "s3.wasabisys.com" is no URL; write https://HOST[:PORT]',
  });
});

test('regions of hosts, and of what an answer names', () => {
  assert.equal(regionOfHost('s3.wasabisys.com'), 'us-east-1');
  assert.equal(regionOfHost('S3.US-EAST-1.wasabisys.com'), 'us-east-1');
  assert.equal(regionOfHost('s3.uk-2.wasabisys.com'), 'eu-west-3');
  assert.equal(regionOfHost('iam.wasabisys.com'), undefined);
  assert.equal(regionOfHost('s3.example.com'), undefined);
  assert.equal(endpointHostRegion('eu-west-1'), 'eu-west-1');
  assert.equal(endpointHostRegion('s3.eu-west-1.wasabisys.com'), 'eu-west-1');
  assert.equal(endpointHostRegion('my.bucket.s3.eu-west-1.wasabisys.com:443'), 'eu-west-1');
  assert.equal(endpointHostRegion('storage.example.com'), undefined);
});

const sites: readonly [title: string, recorded: string, endpoint: string, region: string, isSame: boolean][] = [
  ['the same host', 'https://minio.example.com', 'https://minio.example.com/', 'us-east-1', true],
  ['the same host, plain HTTP before', 'http://minio.example.com', 'https://minio.example.com', 'us-east-1', true],
  ['another port', 'https://minio.example.com:9000', 'https://minio.example.com:9001', 'us-east-1', false],
  ['another host', 'https://minio.example.com', 'https://minio.example.net', 'us-east-1', false],
  ['two regions of Wasabi', 'https://s3.wasabisys.com', 'https://s3.eu-central-1.wasabisys.com', 'eu-central-1', true],
  ['back to the first', 'https://s3.eu-central-1.wasabisys.com', 'https://s3.wasabisys.com', 'us-east-1', true],
  ['an alias of Wasabi', 'https://s3.nl-1.wasabisys.com', 'https://s3.wasabisys.com', 'us-east-1', true],
  ['from Wasabi to another', 'https://s3.wasabisys.com', 'https://s3.example.com', 'us-east-1', false],
  ['from another to Wasabi', 'https://s3.example.com', 'https://s3.eu-west-1.wasabisys.com', 'eu-west-1', false],
  ['a host that only ends so', 'https://s3.wasabisys.com', 'https://s3.notwasabisys.com', 'us-east-1', false],
  ['the label of the region', 'https://s3.gra.example.net', 'https://s3.sbg.example.net', 'sbg', true],
  ['a label that is no region', 'https://s3.one.example.net', 'https://s3.two.example.net', 'us-east-1', false],
  ['a label more', 'https://s3.example.net', 'https://s3.sbg.example.net', 'sbg', false],
  ['two labels', 'https://s3.gra.example.com', 'https://s3.sbg.example.net', 'sbg', false],
  ['the region, on another port', 'https://s3.gra.example.net:1', 'https://s3.sbg.example.net:2', 'sbg', false],
  ['a record that is no URL', 'minio', 'https://minio.example.com', 'us-east-1', false],
];
for (const [title, recorded, endpoint, region, isSame] of sites) {
  test(`one service: ${title}: ${isSame}`, () => {
    assert.equal(isSameSite(recorded, { endpoint, region }), isSame);
  });
}
