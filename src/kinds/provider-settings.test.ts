import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Provider } from '../api/provider.ts';
import { originOf } from './provider-settings.ts';

const spec: Provider['spec'] = {
  type: 'wasabi',
  region: 'eu-1',
  pathStyle: true,
  auth: {
    accessKeySecretRef: { name: 's', key: 'access-key' },
    secretKeySecretRef: { name: 's', key: 'secret-key' },
  },
};

test('an endpoint is told by the field that it comes from', () => {
  assert.equal(originOf({ ...spec, endpoint: 'https://s3.example.com' }, 'endpoint'), 'spec.endpoint');
  assert.equal(originOf(spec, 'endpoint'), 'the endpoint of spec.region "eu-1"');
  assert.equal(originOf(spec, 'iamEndpoint'), 'the default of spec.iamEndpoint for spec.type "wasabi"');
});
