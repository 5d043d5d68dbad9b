import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { NAMESPACES, SECRETS } from '../../../api/core-types.ts';
import type { KeyOutput } from '../../../api/key-outputs.ts';
import { type Kube, KubeError } from '../../../runtime/kube.ts';
import { leftBehindNote, releaseOutputs, removeOutputs } from './delete.ts';
import { outputReferences } from './desired.ts';
import { KEY_ID, type OutputDesk, startOutputDesk } from './testing/output-desk.ts';

/** Outputs in other namespaces, and what becomes of all of them with their object. */

const HERE: KeyOutput = { name: 'app-here', preset: 'obc', parameters: { bucket: 'team-a-data' } };
const THERE: KeyOutput = { name: 'app-there', namespace: 'apps', preset: 'original' };
const THERE_OBC: KeyOutput = { ...HERE, name: 'app-obc', namespace: 'apps' };
const NO_GRANT =
  'no ReferenceGrant in namespace "apps" admits AccessKeys of namespace "team-a" to Secret apps/app-there';

test('outputs elsewhere: nothing is read or written without a grant', async (t) => {
  const desk = await startOutputDesk(t);
  const pass = await desk.pass([THERE, HERE]);
  assert.deepEqual([pass.failure?.type, pass.failure?.reason], ['DependencyNotReady', 'RefNotPermitted']);
  assert.equal(pass.failure?.message, `spec.outputs[0]: ${NO_GRANT}`);
  assert.equal(await desk.secret('app-there', 'apps'), undefined);
  assert.ok(!desk.recorded.some(({ namespace }) => namespace === 'apps'));
});

test('outputs elsewhere: with a grant the Secret is written, without an owner that would have it collected', async (t) => {
  const desk = await startOutputDesk(t);
  desk.grant('Secret');
  assert.deepEqual((await desk.pass([THERE])).steps, ['WriteOutput Missing Secret app-there']);
  const secret = await desk.secret('app-there', 'apps');
  assert.equal(secret?.metadata.ownerReferences, undefined);
  assert.equal(secret?.metadata.annotations?.['s3.cloud37.dev/access-key'], 'team-a/app');
  assert.deepEqual((await desk.pass([THERE])).steps, []);
  await desk.editSecret('app-there', { data: { 'access-key-id': null } }, 'apps');
  assert.deepEqual((await desk.pass([THERE])).steps, ['WriteOutput Stale Secret app-there']);
  assert.equal((await desk.texts('app-there', 'apps'))?.['access-key-id'], KEY_ID);
  assert.equal((await desk.secret('app-there', 'apps'))?.metadata.ownerReferences, undefined);
});

test('outputs elsewhere: a ConfigMap needs a grant of its own', async (t) => {
  const desk = await startOutputDesk(t);
  desk.grant('Secret');
  const pass = await desk.pass([THERE_OBC]);
  assert.deepEqual(pass.steps, ['WriteOutput Missing Secret app-obc']);
  assert.match(pass.failure?.message ?? '', /to ConfigMap apps\/app-obc$/);
  desk.grant('ConfigMap');
  assert.deepEqual((await desk.pass([THERE_OBC])).steps, ['WriteOutput Missing ConfigMap app-obc']);
});

test('outputs elsewhere: a grant that goes keeps what exists, until it is back', async (t) => {
  const desk = await startOutputDesk(t);
  desk.grant('Secret');
  await desk.pass([THERE]);
  desk.grants = [];
  assert.equal((await desk.pass([THERE])).failure?.reason, 'RefNotPermitted');
  const removing = await desk.pass([]);
  assert.deepEqual(removing.steps, []);
  assert.equal(
    removing.failure?.message,
    `status.outputs: Secret apps/app-there left the spec, and ${NO_GRANT}: restore the grant, or delete it there and take its entry out of status.outputs (kubectl edit accesskey app --subresource=status)`,
  );
  assert.equal((await desk.texts('app-there', 'apps'))?.['access-key-id'], KEY_ID);
  desk.grant('Secret');
  assert.deepEqual((await desk.pass([])).steps, ['RemoveOutput Unwanted Secret app-there']);
  assert.deepEqual([await desk.secret('app-there', 'apps'), desk.recorded], [undefined, []]);
});

test('outputs elsewhere: what left the spec is let go of with its namespace, and with nothing less', async (t) => {
  const desk = await startOutputDesk(t);
  desk.grant('Secret');
  await desk.pass([THERE]);
  desk.grants = [];
  const blind = withoutNamespaces(desk.kube);
  await desk.removeNamespace();
  assert.equal((await desk.pass([], blind)).failure?.reason, 'RefNotPermitted', 'nothing is known without the right');
  assert.equal(desk.recorded.length, 1);
  assert.equal((await desk.pass([])).failure, undefined);
  assert.deepEqual(desk.recorded, []);
});

test('outputs elsewhere: what the references of the spec are', () => {
  assert.deepEqual(
    outputReferences([HERE, THERE, THERE_OBC, { ...THERE, namespace: 'team-a' }], 'team-a').map(
      ({ path, kind, key }) => `${path} ${kind} ${key.namespace}/${key.name}`,
    ),
    [
      'spec.outputs[1].namespace Secret apps/app-there',
      'spec.outputs[2].namespace Secret apps/app-obc',
      'spec.outputs[2].namespace ConfigMap apps/app-obc',
    ],
  );
  assert.deepEqual(outputReferences(undefined, 'team-a'), []);
});

/** A client whose account may not read namespaces. */
function withoutNamespaces(kube: Kube): Kube {
  const get: Kube['get'] = (type, ...rest) =>
    type === NAMESPACES ? Promise.reject(new KubeError('forbidden', { code: 403 })) : kube.get(type, ...rest);
  return new Proxy(kube, {
    get: (_target, name) => (name === 'get' ? get : (Reflect.get(kube, name, kube) as unknown)),
  });
}

async function withAll(t: TestContext): Promise<OutputDesk> {
  const desk = await startOutputDesk(t);
  desk.grant('Secret');
  const consent = { annotations: { 's3.cloud37.dev/accept-merge': 'team-a/app' } };
  await desk.makeSecret('theirs', { RESTIC_PASSWORD: 'x' }, consent);
  await desk.pass([HERE, THERE, { name: 'theirs', preset: 'original', merge: true }]);
  assert.equal(desk.recorded.length, 4);
  return desk;
}

test("outputs: removed with their object, and what is somebody else's stays", async (t) => {
  const desk = await withAll(t);
  for (const _again of [1, 2]) {
    await removeOutputs(desk.client, desk.recorded, desk.signal);
    assert.deepEqual(await Promise.all([desk.secret('app-here'), desk.configMap('app-here')]), [undefined, undefined]);
    assert.equal(await desk.secret('app-there', 'apps'), undefined);
    assert.deepEqual(await desk.texts('theirs'), { RESTIC_PASSWORD: 'x' });
  }
});

test('outputs: a deletion does not wait for a grant that is gone', async (t) => {
  const desk = await withAll(t);
  desk.grants = [];
  assert.match(
    (await leftBehindNote(desk.client, desk.recorded, desk.signal)) ?? '',
    /^left behind, with keys that work no more: Secret apps\/app-there:/,
  );
  await removeOutputs(desk.client, desk.recorded, desk.signal);
  assert.equal(await desk.secret('app-here'), undefined);
  assert.notEqual(await desk.secret('app-there', 'apps'), undefined);
});

test('outputs: released with their object, they lose their owner and nothing else', async (t) => {
  const desk = await withAll(t);
  const before = await desk.texts('app-here');
  for (const _again of [1, 2]) {
    await releaseOutputs(desk.client, desk.recorded, desk.signal);
    const [secret, configMap] = await Promise.all([desk.secret('app-here'), desk.configMap('app-here')]);
    assert.deepEqual([secret?.metadata.ownerReferences, configMap?.metadata.ownerReferences], [undefined, undefined]);
    assert.deepEqual(await desk.texts('app-here'), before);
    assert.equal((await desk.texts('theirs'))?.['access-key-id'], KEY_ID);
  }
});

test('outputs: a Secret that somebody replaced is not removed with their object', async (t) => {
  const desk = await withAll(t);
  await desk.kube.delete(SECRETS, { namespace: 'team-a', name: 'app-here' });
  await desk.makeSecret('app-here', { theirs: 'yes' });
  await removeOutputs(desk.client, desk.recorded, desk.signal);
  assert.deepEqual(await desk.texts('app-here'), { theirs: 'yes' });
});
