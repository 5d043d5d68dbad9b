import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, stringify } from 'yaml';
import { definitionTemplate } from '../../scripts/chart.ts';
import { CRDS, SECRETS } from '../../src/api/core-types.ts';
import { type Crd, crdOf } from '../../src/api/crd.ts';
import { KINDS } from '../../src/api/kinds.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { SchemaNode } from '../../src/api/structural-schema.ts';
import type { KubeClient } from '../../src/runtime/kube-client.ts';
import { bucket, type Manifest, typeOf } from '../support/builders.ts';
import { CHART, RELEASE_NAMESPACE } from '../support/chart.ts';
import { createNamespace, until } from '../support/cluster.ts';
import { sharedControlPlane } from '../support/control-plane-environment.ts';
import { frozenDefinitions, frozenVersions } from '../support/frozen-definitions.ts';
import { writePredecessorChart } from '../support/predecessor-chart.ts';
import { definitionsOf, helmScene } from './helm-scene.ts';

/** From the chart of an older release, and from the predecessor's, to ours: the definitions are renewed, the objects stay. */

const skip = sharedControlPlane() === undefined ? 'npm run test:cluster has the binaries' : false;
const NAME = 'wasabi-s3-operator';
const IN = ['--namespace', RELEASE_NAMESPACE, '--create-namespace'];

/** The example of each kind that Artifact Hub shows. */
function examples(): readonly Manifest[] {
  const { annotations } = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8'));
  return parse(annotations['artifacthub.io/crdsExamples']);
}

/** Today's chart with the definitions of that release, less a field of Buckets that came later. @returns its folder */
function olderChart(folder: string, version: string): string {
  const chart = join(folder, 'older');
  cpSync(CHART, chart, { recursive: true });
  const metadata = parse(readFileSync(join(chart, 'Chart.yaml'), 'utf8'));
  // Below every release, so that the upgrade is one.
  writeFileSync(join(chart, 'Chart.yaml'), stringify({ ...metadata, version: `${version}-0`, annotations: {} }));
  for (const frozen of frozenDefinitions(version)) {
    const crd = frozen.spec.names.kind === 'Bucket' ? withoutTagging(frozen) : frozen;
    writeFileSync(join(chart, `templates/definitions/${crd.spec.names.plural}.yaml`), definitionTemplate(crd));
  }
  return chart;
}

function withoutTagging(crd: Crd): Crd {
  const [version] = crd.spec.versions;
  const schema = version.schema.openAPIV3Schema;
  const spec = schema.properties?.['spec'] ?? assert.fail();
  const { tagging, ...properties } = spec.properties ?? {};
  assert.ok(tagging !== undefined);
  const openAPIV3Schema: SchemaNode = {
    ...schema,
    properties: { ...schema.properties, spec: { ...spec, properties } },
  };
  return { ...crd, spec: { ...crd.spec, versions: [{ ...version, schema: { openAPIV3Schema } }] } };
}

/** All but who wrote which field. */
const content = ({ metadata, ...object }: KubeObject) => ({ ...object, metadata: { ...metadata, managedFields: [] } });

async function store(admin: KubeClient, namespace: string, manifests: readonly Manifest[]) {
  for (const { metadata, ...manifest } of manifests) {
    // The example's own namespace is not there.
    const { namespace: _namespace, ...own } = metadata as { name: string; namespace?: string };
    await admin.create(typeOf(manifest.kind), namespace, { ...manifest, metadata: own });
  }
  const read = () =>
    Promise.all(
      manifests.map(async ({ kind, metadata: { name } }) =>
        content((await admin.get(typeOf(kind), { namespace, name })) ?? assert.fail(`${kind} ${name} is gone`)),
      ),
    );
  return { before: await read(), read };
}

/** Each definition says what today's says, whatever the server adds. */
async function areTodays(admin: KubeClient): Promise<void> {
  const found = await definitionsOf(admin);
  for (const [index, kind] of KINDS.entries()) {
    // The server drops the properties of an object that has none.
    const spec: unknown = JSON.parse(JSON.stringify(crdOf(kind).spec).replaceAll(',"properties":{}', ''));
    assert.partialDeepStrictEqual(found[index]?.['spec' as keyof KubeObject], spec, kind.type.kind);
  }
}

async function areKept(admin: KubeClient): Promise<boolean> {
  const found = await definitionsOf(admin);
  return found.every((definition) => definition !== undefined && definition.metadata.deletionTimestamp === undefined);
}

for (const version of frozenVersions()) {
  test(`helm upgrade from the packaged chart of ${version}: definitions are renewed, objects stay`, {
    skip,
  }, async (t) => {
    const it = await helmScene(t);
    if (it === undefined) return t.skip('neither Helm nor Go is installed');
    const { admin, folder, run } = it;
    await run('package', olderChart(folder, version), '--destination', folder);
    const archive = readdirSync(folder).find((file) => file.endsWith('.tgz')) ?? assert.fail('no package');
    await run('install', NAME, join(folder, archive), ...IN, '--set=rbac.preset=full');
    const namespace = await createNamespace(admin, 'team');
    const { before, read } = await store(admin, namespace, examples());
    const tagged = bucket('tagged', { tagging: { tags: { team: 'a' } } });
    const created = await admin.create<KubeObject & { spec: object }>(typeOf('Bucket'), namespace, tagged);
    assert.ok(!('tagging' in created.spec), 'the older definition has no tags');

    await run('upgrade', NAME, CHART, ...IN, '--reuse-values');
    await areTodays(admin);
    assert.deepEqual(await read(), before);
    const key = { namespace, name: 'tagged' };
    await until('the new field is kept', async () => {
      const body = { spec: { tagging: { tags: { team: 'a' } } } };
      const changed = await admin.patch<KubeObject & { spec: object }>(typeOf('Bucket'), key, { type: 'merge', body });
      return 'tagging' in changed.spec;
    });
    await run('rollback', NAME, '1', '--namespace', RELEASE_NAMESPACE);
    assert.deepEqual(await read(), before);
    await run('uninstall', NAME, '--namespace', RELEASE_NAMESPACE);
    assert.ok(await areKept(admin));
    assert.deepEqual(await read(), before);
  });
}

test("helm install beside the predecessor's release, whose record is deleted: definitions are taken over", {
  skip,
}, async (t) => {
  const it = await helmScene(t);
  if (it === undefined) return t.skip('neither Helm nor Go is installed');
  const { admin, folder, run } = it;
  const old = 'old-namespace';
  await run('install', 'predecessor', writePredecessorChart(folder), '--namespace', old, '--create-namespace');
  const namespace = await createNamespace(admin, 'team');
  const { before, read } = await store(admin, namespace, examples());
  await assert.rejects(run('install', NAME, CHART, ...IN), /cannot be imported into the current release/);
  const { items } = await admin.list<KubeObject>(SECRETS, old, { labelSelector: 'owner=helm,name=predecessor' });
  for (const { metadata } of items) await admin.delete(SECRETS, { namespace: old, name: metadata.name });

  await run('install', NAME, CHART, ...IN, '--take-ownership');
  await areTodays(admin);
  assert.deepEqual(
    (await read()).map(({ metadata: { uid } }) => uid),
    before.map(({ metadata: { uid } }) => uid),
  );
  const key = { namespace: '', name: 'buckets.s3.cloud37.dev' };
  const { metadata } = (await admin.get(CRDS, key)) ?? assert.fail();
  assert.equal(metadata.annotations?.['meta.helm.sh/release-name'], NAME);
  await run('uninstall', NAME, '--namespace', RELEASE_NAMESPACE);
  assert.ok(await areKept(admin));
  assert.equal((await read()).length, before.length);
});
