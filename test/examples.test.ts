import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { NAMESPACES, WORKLOADS } from '../src/api/core-types.ts';
import { KINDS } from '../src/api/kinds.ts';
import { startEmulator } from '../src/emulator/server.ts';
import { policyRules } from '../src/kube-rights.ts';
import type { Manifest } from './support/builders.ts';
import { startTestCluster, until } from './support/cluster.ts';
import { grantNamespace } from './support/operator-rights.ts';
import { endpointsOf, openWorld, type World } from './support/world.ts';

const FOLDER = new URL('../examples/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
/** Rights of the operator itself: the cluster suite starts it with them. */
const WITHOUT_OBJECTS = new Set(['rbac-namespaced.yaml', 'rbac-restart.yaml']);
/** Files that bring the account themselves; the others need `provider.yaml` before them. */
const WITH_ACCOUNT = new Set(['provider.yaml', 'quickstart.yaml', 'shared-provider.yaml']);
/** The keys that the examples tell people to replace: here they are the account's. */
const account = { accessKeyId: 'YOUR-ACCESS-KEY-ID', secretAccessKey: 'YOUR-SECRET-ACCESS-KEY' };
const OURS = new Set(KINDS.map(({ type }) => type.kind));

interface Example extends Manifest {
  readonly metadata: Manifest['metadata'] & { readonly namespace?: string };
}

function documentsOf(file: string): readonly Example[] {
  return parseAllDocuments(readFileSync(new URL(file, FOLDER), 'utf8')).map((each) => each.toJS() as Example);
}

/** The namespaces that a file makes. */
function namespacesOf(file: string): readonly string[] {
  return documentsOf(file).flatMap(({ kind, metadata }) => (kind === 'Namespace' ? [metadata.name] : []));
}

async function startExampleWorld(t: TestContext, file: string): Promise<World> {
  const cluster = await startTestCluster();
  const emulator = await startEmulator({ account, quirks: { publicAccess: 'accepted' } });
  for (const name of namespacesOf(file)) {
    // That of another test may still be on its way out.
    await until(`no namespace ${name}`, async () => {
      return (await cluster.admin.get(NAMESPACES, { namespace: '', name })) === undefined;
    });
  }
  const world = await openWorld({ cluster, emulator }, { hasProvider: false, neighbours: namespacesOf(file) });
  t.after(async () => {
    await world.close();
    await emulator.stop();
    await cluster.stop();
  });
  return world;
}

/** Applies a file as it stands; only a Provider is told where the emulator is instead of Wasabi. */
async function applyFile(world: World, file: string): Promise<readonly Example[]> {
  const documents = documentsOf(file);
  for (const document of documents) {
    const { kind, metadata, spec } = document;
    if (kind === 'Namespace') {
      await world.cluster.admin.create(NAMESPACES, '', document);
      if (world.cluster.isReal) await grantNamespace(world.cluster.admin, metadata.name);
      continue;
    }
    const manifest = kind === 'Provider' ? { ...document, spec: { ...spec, ...endpointsOf(world) } } : document;
    await world.apply(manifest, metadata.namespace);
  }
  return documents.filter(({ kind }) => OURS.has(kind));
}

for (const file of FILES.filter((name) => !WITHOUT_OBJECTS.has(name))) {
  test(`L56: examples/${file}: applied as it stands, every object becomes Ready and stays`, async (t) => {
    const world = await startExampleWorld(t, file);
    if (!WITH_ACCOUNT.has(file)) await applyFile(world, 'provider.yaml');
    const objects = await applyFile(world, file);
    assert.ok(objects.length > 0);
    for (const { kind, metadata } of objects) {
      await world.reaches(kind, metadata.name, 'Ready', 'True', metadata.namespace);
    }
    await world.settle();
    const writes = [world.serviceWrites().length, world.kubeWrites().length];
    await world.resync();
    assert.deepEqual([world.serviceWrites().length, world.kubeWrites().length], writes);
  });
}

test('examples/rbac-namespaced.yaml has the rights that one namespace needs, and no others', () => {
  type Rules = readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
  const calls = (rules: Rules) =>
    new Set(rules.flatMap(({ resources, verbs }) => resources.flatMap((one) => verbs.map((verb) => `${verb} ${one}`))));
  const roles = documentsOf('rbac-namespaced.yaml').filter(({ kind }) => kind === 'Role');
  const needed = [...calls(policyRules(['objects', 'credentials', 'deliveries', 'own']))];
  assert.deepEqual(
    [...calls(roles.flatMap((role) => role['rules'] as Rules))].sort(), // our own file
    needed.filter((call) => !call.endsWith(' referencegrants')).sort(),
  );
});

test('examples/rbac-restart.yaml has the rights that restarts need, and no others', () => {
  const [role] = documentsOf('rbac-restart.yaml').filter(({ kind }) => kind === 'Role');
  const resources = Object.values(WORKLOADS).map(({ plural }) => plural);
  assert.deepEqual(role?.['rules'], [{ apiGroups: ['apps'], resources, verbs: ['get', 'patch'] }]);
});

test('examples/README.md names every example', () => {
  const page = readFileSync(new URL('README.md', FOLDER), 'utf8');
  assert.deepEqual(
    FILES.filter((file) => !page.includes(`[${file}](${file})`)),
    [],
  );
});
