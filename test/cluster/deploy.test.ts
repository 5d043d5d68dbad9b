import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { isTrue } from '../../src/managed/conditions.ts';
import type { ManagedResource } from '../../src/managed/kind.ts';
import { startAccount } from '../support/account.ts';
import { bucket, typeOf } from '../support/builders.ts';
import { RELEASE_NAMESPACE } from '../support/chart.ts';
import { clientOf, staticAccess, until } from '../support/cluster.ts';
import { startControlPlane } from '../support/control-plane.ts';
import { auditEvents } from '../support/control-plane-audit.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { startDeployed } from '../support/deployed-operator.ts';
import { rightsReport } from '../support/used-rights.ts';
import { run } from './control-plane/run-command.ts';
import { ensureKubectl } from './kubectl.ts';

/** The manifests applied with kubectl; pods are played by a process with the arguments and the token of the Deployment. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const ROOT = join(import.meta.dirname, '../..');

async function scene(t: TestContext) {
  const program = await ensureKubectl();
  if (program === undefined) return undefined;
  const plane = await startControlPlane();
  t.after(() => plane.stop());
  const admin = clientOf(staticAccess(plane.url, plane.adminToken, plane.ca));
  t.after(() => admin.close());
  const home = mkdtempSync(join(tmpdir(), 'kubectl-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const env = { PATH: process.env['PATH'], HOME: home, KUBECONFIG: plane.kubeconfigPath };
  const kubectl = (...args: readonly string[]) => run(program, args, { cwd: ROOT, env });
  const { manifests, allowedEndpoints } = await startAccount(t);
  const isReady = async (namespace: string) => {
    const found = await admin.get<ManagedResource>(typeOf('Bucket'), { namespace, name: `${namespace}-data` });
    return isTrue(found?.status?.conditions, 'Ready');
  };
  /** An account, a bucket and a key of its own in that namespace. */
  const firstBucket = async (namespace: string) => {
    for (const manifest of manifests) await admin.create(typeOf(manifest.kind), namespace, manifest);
    await admin.create(typeOf('Bucket'), namespace, bucket(`${namespace}-data`, { autoManage: { enabled: true } }));
  };
  return { plane, admin, kubectl, allowedEndpoints, firstBucket, isReady };
}

test('deploy: with kubectl and with Kustomize, to the first Ready bucket in each namespace with its rights', {
  skip,
}, async (t) => {
  const it = await scene(t);
  if (it === undefined) return t.skip('neither kubectl nor Go is installed');
  const { plane, admin, kubectl, allowedEndpoints, firstBucket, isReady } = it;
  await kubectl('apply', '-f', 'deploy/install.yaml');
  await kubectl('wait', '--for=condition=Established', 'crd', '--all');
  const operator = await startDeployed(t, { plane, admin, flags: [allowedEndpoints] });
  await firstBucket(RELEASE_NAMESPACE);
  await until('the first bucket is Ready', () => isReady(RELEASE_NAMESPACE), 90_000);
  operator.child.kill('SIGTERM');
  assert.equal(await operator.ended, 0, operator.output());

  assert.match(await kubectl('apply', '-k', 'deploy'), /deployment\.apps\/wasabi-s3-operator unchanged/);
  await kubectl('create', 'namespace', 'team-a');
  assert.match(await kubectl('apply', '-k', 'examples/kustomize'), /deployment\.apps\/wasabi-s3-operator configured/);
  await startDeployed(t, { plane, admin, flags: [allowedEndpoints] });
  await firstBucket('team-a');
  await until('the bucket of the team is Ready', () => isReady('team-a'), 90_000);
  const user = `system:serviceaccount:${RELEASE_NAMESPACE}:wasabi-s3-operator`;
  assert.deepEqual((await rightsReport(auditEvents(plane.auditLogPath), user)).refused, []);
});

test('deploy: what deploy/README.md takes away leaves definitions and objects', { skip }, async (t) => {
  const it = await scene(t);
  if (it === undefined) return t.skip('neither kubectl nor Go is installed');
  const { kubectl, firstBucket } = it;
  await kubectl('apply', '-f', 'deploy/install.yaml');
  await kubectl('wait', '--for=condition=Established', 'crd', '--all');
  await kubectl('create', 'namespace', 'team-a');
  await firstBucket('team-a');
  const page = readFileSync(join(ROOT, 'deploy/README.md'), 'utf8');
  const commands = /## Uninstall[^]*?```sh[^\n]*\n([^]*?)```/
    .exec(page)?.[1]
    ?.replaceAll('\\\n', ' ')
    .trim()
    .split('\n');
  assert.equal(commands?.length, 2);
  for (const command of commands ?? []) await kubectl(...command.split(/\s+/).slice(1));
  const left = await kubectl(
    'get',
    KINDS_OF_MANIFESTS,
    '-l',
    'app.kubernetes.io/name=wasabi-s3-operator',
    '-o',
    'name',
  );
  assert.equal(left, '');
  assert.equal(await kubectl('get', 'bucket', '-n', 'team-a', '-o', 'name'), 'bucket.s3.cloud37.dev/team-a-data\n');
});

/** Those of no namespace; the others go with it. */
const KINDS_OF_MANIFESTS =
  'clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings,namespaces';
