import { test } from 'node:test';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { compactEtcd } from '../support/control-plane-etcd.ts';
import { describeConformance } from './suite.ts';

const shared = sharedControlPlane();
if (shared === undefined) {
  test('the API of a real kube-apiserver', { skip: 'npm run test:cluster starts one' });
} else {
  const { url, token, ca, etcdUrl } = shared;
  describeConformance('the API of a real kube-apiserver', async () => ({
    server: { name: 'real', url, token, ca, compact: () => compactEtcd(etcdUrl) },
    stop: async () => undefined,
  }));
}
