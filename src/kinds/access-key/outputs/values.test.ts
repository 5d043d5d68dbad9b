import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { KEY_TEXT, someValues } from './testing/values.ts';
import { hostAndPort } from './values.ts';

for (const { endpoint, scheme, host, port, authority } of [
  {
    endpoint: 'https://s3.eu-central-2.wasabisys.com',
    scheme: 'https',
    host: 's3.eu-central-2.wasabisys.com',
    port: 443,
    authority: 's3.eu-central-2.wasabisys.com',
  },
  {
    endpoint: 'https://s3.example.com:443/',
    scheme: 'https',
    host: 's3.example.com',
    port: 443,
    authority: 's3.example.com',
  },
  {
    endpoint: 'http://minio.storage:9000',
    scheme: 'http',
    host: 'minio.storage',
    port: 9000,
    authority: 'minio.storage:9000',
  },
  { endpoint: 'http://[::1]', scheme: 'http', host: '[::1]', port: 80, authority: '[::1]' },
]) {
  test(`values of ${endpoint}`, () => {
    const values = someValues({ endpoint });
    assert.deepEqual([values.scheme, values.host, values.port], [scheme, host, port]);
    assert.equal(hostAndPort(values), authority);
    assert.equal(values.endpoint, `${scheme}://${authority}`);
  });
}

test('values do not show the key', () => {
  const values = someValues();
  for (const text of [inspect(values, { depth: 9 }), JSON.stringify(values), String(values.secretAccessKey)]) {
    assert.ok(!text.includes(KEY_TEXT), text);
  }
});

for (const [what, changes] of [
  ['a line break in the key', { secret: 'abc\nAWS_PROFILE=other' }],
  ['a blank in the id', { id: 'AKIA 1' }],
  ['an empty region', { region: '' }],
  ['a carriage return in the bucket', { bucket: 'data\r' }],
  ['letters outside ASCII in the user', { user: 'müller' }],
] as const) {
  test(`values are refused: ${what}`, () => {
    assert.throws(() => someValues(changes), /is empty, or holds what is not printable ASCII$/);
  });
}
