import { test } from 'node:test';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { describeStoredObjects } from '../support/stored-objects.ts';

const shared = sharedControlPlane();

if (shared === undefined) {
  test('objects of older definitions on a real kube-apiserver', { skip: 'npm run test:cluster starts one' });
} else {
  const { url, token, ca } = shared;
  describeStoredObjects('objects of older definitions on a real kube-apiserver', () =>
    Promise.resolve({ server: { name: 'real', url, token, ca } as const, stop: () => Promise.resolve() }),
  );
}
