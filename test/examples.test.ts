import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { NAMESPACES } from '../src/api/core-types.ts';
import { KINDS } from '../src/api/kinds.ts';
import { startEmulator } from '../src/emulator/server.ts';
import type { Manifest } from './support/builders.ts';
import { startTestCluster, until } from './support/cluster.ts';
import { endpointsOf, openWorld, type World } from './support/world.ts';

const FOLDER = new URL('../examples/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
/** Rights of the operator itself: the cluster suite starts it with them. */
const WITHOUT_OBJECTS = new Set(['rbac-namespaced.yaml']);
/** Files that bring the account themselves; the others need `provider.yaml` before them. */
const WITH_ACCOUNT = new Set(['provider.yaml', 'quickstart.yaml', 'shared-provider.yaml']);
/** The keys that the examples tell people to replace: here they are the account's. */
const account = { accessKeyId: 'YOUR-ACCESS-KEY-ID', secretAccessKey: 'YOUR-SECRET-ACCESS-KEY' };
const NAMESPACES_OF_EXAMPLES = ['platform', 'team-a', 'storage-demo'];
const OURS = new Set(KINDS.map(({ type }) => type.kind));

interface Example extends Manifest {
  readonly metadata: Manifest['metadata'] & { readonly namespace?: string };
}

function documentsOf(file: string): readonly Example[] {
  return parseAllDocuments(readFileSync(new URL(file, FOLDER), 'utf8')).map((each) => each.toJS() as Example);
}

async function startExampleWorld(t: TestContext): Promise<World> {
  const cluster = await startTestCluster();
  const emulator = await startEmulator({ account, quirks: { publicAccess: 'accepted' } });
  for (const name of NAMESPACES_OF_EXAMPLES) {
    const manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    // One of the test before may still be on its way out.
    await until(`no namespace ${name}`, async () => {
      const found = await cluster.admin.get(NAMESPACES, { namespace: '', name });
      return found?.metadata.deletionTimestamp === undefined;
    });
    if ((await cluster.admin.get(NAMESPACES, { namespace: '', name })) === undefined) {
      await cluster.admin.create(NAMESPACES, '', manifest);
    }
  }
  const world = await openWorld({ cluster, emulator }, { hasProvider: false, neighbours: NAMESPACES_OF_EXAMPLES });
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
      const body = { metadata: { labels: metadata.labels } };
      await world.cluster.admin.patch(NAMESPACES, { namespace: '', name: metadata.name }, { type: 'merge', body });
      continue;
    }
    const manifest = kind === 'Provider' ? { ...document, spec: { ...spec, ...endpointsOf(world) } } : document;
    await world.apply(manifest, metadata.namespace);
  }
  return documents.filter(({ kind }) => OURS.has(kind));
}

for (const file of FILES.filter((name) => !WITHOUT_OBJECTS.has(name))) {
  test(`examples/${file}: applied as it stands, every object becomes Ready and stays`, async (t) => {
    const world = await startExampleWorld(t);
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

test('examples/rbac-namespaced.yaml has the rights on every kind that its objects themselves need', () => {
  const roles = documentsOf('rbac-namespaced.yaml').filter(({ kind }) => kind === 'Role');
  const rules = roles.flatMap((role) => role['rules'] as { resources: string[]; verbs: string[] }[]); // our own file
  const allowed = (verb: string) => rules.flatMap(({ resources, verbs }) => (verbs.includes(verb) ? resources : []));
  for (const { type } of KINDS) {
    for (const verb of ['get', 'list', 'watch', 'patch']) assert.ok(allowed(verb).includes(type.plural), type.plural);
    assert.ok(allowed('patch').includes(`${type.plural}/status`), type.plural);
  }
});

test('examples/README.md names every example', () => {
  const page = readFileSync(new URL('README.md', FOLDER), 'utf8');
  assert.deepEqual(
    FILES.filter((file) => !page.includes(`[${file}](${file})`)),
    [],
  );
});
