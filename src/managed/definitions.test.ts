import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { json, plainAccess, startLoopbackServer, status } from '../../test/support/loopback-server.ts';
import { BUCKETS } from '../api/bucket.ts';
import { KubeClient } from '../runtime/kube-client.ts';
import { Definitions } from './definitions.ts';
import type { ManagedResource } from './kind.ts';

const ALL = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];
const REMAINING = ['delete', 'get', 'list', 'watch'];

interface Scene {
  /** The definition as GET answers; a number is the status of a refusal. */
  readonly definition: { readonly deletionTimestamp?: string } | 403 | 404 | 500;
  /** The verbs of buckets in discovery; undefined: discovery does not name them. */
  readonly verbs?: readonly string[] | 403 | 404;
  readonly deletedSecondsAgo?: number;
  /** How far the server's clock is ahead of ours. */
  readonly aheadSeconds?: number;
}

/** Asks a server for the definition of an object that is being deleted. */
async function definitionOf(t: TestContext, scene: Scene) {
  const clock = new FakeClock();
  const serverNow = new Date(clock.now() + (scene.aheadSeconds ?? 0) * 1_000);
  const server = await startLoopbackServer(t, ({ path }, response) => {
    response.setHeader('date', serverNow.toUTCString());
    if (path.includes('/customresourcedefinitions/')) {
      const { definition } = scene;
      if (typeof definition === 'number')
        return status(response, definition, definition === 404 ? 'NotFound' : 'Other');
      return json(response, 200, { metadata: { name: 'buckets.s3.cloud37.dev', ...definition } });
    }
    assert.equal(path, '/apis/s3.cloud37.dev/v1alpha1');
    const { verbs } = scene;
    if (typeof verbs === 'number') return status(response, verbs, 'Other');
    const resources = verbs === undefined ? [] : [{ name: 'buckets', verbs }];
    return json(response, 200, { kind: 'APIResourceList', resources });
  });
  const kube = new KubeClient({ access: plainAccess(server.url), clock, random: () => 0, userAgent: 'test' });
  t.after(() => kube.close());
  const deletionTimestamp = new Date(serverNow.getTime() - (scene.deletedSecondsAgo ?? 60) * 1_000).toISOString();
  const metadata = {
    name: 'b',
    namespace: 'a',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '',
    deletionTimestamp,
  };
  const resource = { apiVersion: 's3.cloud37.dev/v1alpha1', kind: 'Bucket', metadata, spec: {} } as ManagedResource;
  const definition = await new Definitions({ kube, clock }).of(BUCKETS, resource, AbortSignal.timeout(5_000));
  return { definition, calls: server.seen.length };
}

const known: readonly (readonly [title: string, scene: Scene, expected: 'Kept' | 'Deleted'])[] = [
  ['it is there', { definition: {} }, 'Kept'],
  ['it is being deleted', { definition: { deletionTimestamp: '2026-01-01T00:00:00Z' } }, 'Deleted'],
  ['it is gone', { definition: 404 }, 'Deleted'],
  ['discovery alone, which takes creates', { definition: 403, verbs: ALL }, 'Kept'],
  ['discovery alone, which takes none', { definition: 403, verbs: REMAINING }, 'Deleted'],
  [
    'discovery takes none, right after the deletion',
    { definition: 403, verbs: REMAINING, deletedSecondsAgo: 0 },
    'Deleted',
  ],
  [
    'discovery, by the clock of the server',
    { definition: 403, verbs: ALL, deletedSecondsAgo: 10, aheadSeconds: 3_600 },
    'Kept',
  ],
];
for (const [title, scene, expected] of known) {
  test(`whether a definition is being deleted: ${title}`, async (t) => {
    const { definition, calls } = await definitionOf(t, scene);
    assert.equal(definition.type, expected);
    assert.equal(calls, scene.definition === 403 ? 2 : 1);
  });
}

const unknown: readonly (readonly [title: string, scene: Scene, message: RegExp, retryAfterMs: number | undefined])[] =
  [
    ['discovery, too early', { definition: 403, verbs: ALL, deletedSecondsAgo: 4 }, /10 s after the deletion/, 6_000],
    [
      'discovery, too early, while our clock is an hour ahead',
      { definition: 403, verbs: ALL, deletedSecondsAgo: 4, aheadSeconds: -3_600 },
      /10 s after the deletion/,
      6_000,
    ],
    [
      'nothing can be read',
      { definition: 403, verbs: 403 },
      /grant get on .* buckets\.s3\.cloud37\.dev, or set/,
      undefined,
    ],
    ['discovery does not name the kind', { definition: 403 }, /does not name the kind/, undefined],
    ['discovery does not name the version', { definition: 403, verbs: 404 }, /does not name the kind/, undefined],
  ];
for (const [title, scene, message, retryAfterMs] of unknown) {
  test(`whether a definition is being deleted is not known: ${title}`, async (t) => {
    const { definition } = await definitionOf(t, scene);
    assert.ok(definition.type === 'Unknown', definition.type);
    const { problem } = definition;
    assert.match(problem.message, message);
    assert.deepEqual([problem.type, problem.reason], ['DependencyNotReady', 'DefinitionUnknown']);
    assert.equal(problem.retryAfterMs, retryAfterMs);
    assert.equal(problem.isExpected, retryAfterMs !== undefined);
  });
}

test('whether a definition is being deleted: an answer that is none is no evidence', async (t) => {
  await assert.rejects(definitionOf(t, { definition: 500, verbs: ALL }), { type: 'Transient' });
});
