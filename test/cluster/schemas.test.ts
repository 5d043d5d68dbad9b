import { test } from 'node:test';
import { connect } from '../conformance/client.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { describeSchemas } from '../support/schema-suite.ts';

const shared = sharedControlPlane();
const title = 'the schemas on a real kube-apiserver';

if (shared === undefined) {
  test(title, { skip: 'npm run test:cluster starts one' });
} else {
  const { url, token, ca } = shared;
  describeSchemas(title, () => Promise.resolve(connect({ name: 'real', url, token, ca })));
}
