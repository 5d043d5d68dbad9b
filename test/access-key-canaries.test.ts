import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AccessKey, AccessKeySpecInput } from '../src/api/access-key.ts';
import { SECRETS } from '../src/api/core-types.ts';
import type { PresetName } from '../src/api/key-outputs.ts';
import { presets } from '../src/kinds/access-key/outputs/presets.ts';
import type { Matcher } from './support/answers.ts';
import { accessKey, secret } from './support/builders.ts';
import { isOnSecret, leaks, type Saying, SHAPES, saidBy, writtenToSecrets } from './support/canaries.ts';
import { until } from './support/cluster.ts';
import { neighbourWorldFor, noNeighbour } from './support/key-neighbour.ts';
import { isWorking, type KeyWorld, keyWorldFor, pairIn, replaced, USER } from './support/keys.ts';
import { annotate, pass } from './support/outside.ts';
import type { CannedAnswer, ProxiedCall, Proxy, Verdict } from './support/proxy.ts';
import { deploy, restarts } from './support/restart-targets.ts';

/** No text of a key comes out anywhere but in Secrets, whatever goes wrong. */

const IAM = 'team-iam';
const PUBLISHED = 'it-credentials';
const MINUTE = 60_000;
/** As long as a real one, of the signs that real ones are made of, and some more. */
const INVENTED = `wJalr"XUtn/FEMI+K7MD\\ENG/bPx&RfiCYEXA<MP=`;
const REFUSALS = [400, 403, 409, 413, 422, 500, 503];

type Outputs = NonNullable<AccessKeySpecInput['outputs']>;

const here: Outputs = [
  ...(Object.keys(presets) as PresetName[]).map((preset) => ({
    name: `it-${preset}`,
    preset,
    parameters: { bucket: 'team-data' },
  })),
  {
    name: 'it-template',
    template: {
      url: 's3://{{accessKeyId}}:{{secretAccessKey}}@{{host}}',
      'set.sh': "export KEY='{{secretAccessKey}}'",
    },
    annotations: { endpoint: '{{host}}' },
  },
  { name: 'theirs', preset: 'aws-env', merge: true },
];
/** A Secret and a ConfigMap in another namespace. */
function elsewhere(namespace: string): Outputs {
  return [{ name: 'it-there', namespace, preset: 'obc', parameters: { bucket: 'team-data' } }];
}

/** Templates that cannot be, though they speak of the key. */
const broken = [
  { template: { a: '{{secretAccessKey}}{{nothing}}' } },
  { template: { a: '{{#secretAccessKey}}open' } },
  { template: { a: '{{secretAccessKey}}' }, annotations: { key: '{{secretAccessKey}}' } },
  { template: { '.dockerconfigjson': '{{secretAccessKey}}' }, type: 'kubernetes.io/dockerconfigjson' },
];

test('the text of a key is found in every shape, and nothing else is taken for it', () => {
  const text = INVENTED;
  for (const [shape, render] of Object.entries(SHAPES)) {
    for (const needle of render(text)) {
      const said = [{ where: 'here', text: `{"message":"before ${needle} after"}` }];
      assert.ok(leaks([text], said).includes(`text 0, ${shape}: here`), `${shape}: ${needle}`);
    }
  }
  for (const encoding of ['base64', 'base64url', 'hex'] as const) {
    for (const before of ['', 'a', 'ab', 'abc', 'key = ']) {
      const said = [{ where: 'here', text: Buffer.from(`${before}${text}\nregion = x`).toString(encoding) }];
      assert.ok(leaks([text], said).includes(`text 0, ${encoding}: here`), `${before} in ${encoding}`);
    }
  }
  assert.deepEqual(leaks([text], [{ where: 'here', text: JSON.stringify(REFUSALS) }]), []);
});

/** The calls of one side that match are refused with what that function makes of them. */
function refuse(
  proxy: Proxy,
  matches: Matcher,
  answer: (call: ProxiedCall) => Verdict,
): { readonly hits: () => number } {
  let hits = 0;
  proxy.decide((call) => {
    if (!matches(call)) return 'pass';
    hits += 1;
    return answer(call);
  });
  return { hits: () => hits };
}

/** The Kubernetes API refuses with that code, and says what it was sent. */
function echo(code: number): (call: ProxiedCall) => Verdict {
  return ({ body, authorization }) => {
    const causes = [{ reason: 'FieldValueInvalid', field: 'data', message: `Invalid value: ${body}` }];
    const said = `admission webhook denied the request: ${body} of ${authorization}`;
    const status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Forbidden', code };
    const answer = { ...status, message: said, details: { name: body.slice(0, 5_000), causes } };
    return {
      status: code,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(answer),
    };
  };
}

/** Answers of IAM and STS that hold the text of a key where none should stand. */
const talkative: readonly CannedAnswer[] = [
  refusal(500, 'InternalFailure', INVENTED),
  refusal(403, 'AccessDenied', xml(INVENTED)),
  refusal(400, xml(INVENTED), 'no'),
  { status: 200, body: `<CreateAccessKeyResponse><AccessKey><SecretAccessKey>${xml(INVENTED)}</SecretAcc` },
  { status: 200, body: JSON.stringify({ SecretAccessKey: INVENTED }), headers: { 'x-amzn-requestid': xml(INVENTED) } },
];

function refusal(status: number, code: string, message: string): CannedAnswer {
  const body = `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

function xml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}

function isAction(action: string): Matcher {
  return ({ body }) => body.includes(`Action=${action}`);
}

async function stepOf({ world }: KeyWorld): Promise<string | undefined> {
  return (await world.get<AccessKey>('AccessKey', 'it'))?.status?.rotation?.step;
}

/** Lets minutes pass, with a look in each, until it is so. */
async function leapUntil(it: KeyWorld, isSo: () => Promise<boolean>): Promise<void> {
  for (let minutes = 0; !(await isSo()); minutes += 1) {
    assert.ok(
      minutes < 20,
      `it never came to that: ${JSON.stringify((await it.world.get('AccessKey', 'it'))?.status)}`,
    );
    await it.leap(MINUTE);
    await pass(it.world, 'AccessKey', 'it');
    await it.world.settle();
  }
}

/** Where there may be another namespace, outputs stand in that, too. */
async function openWorld(t: TestContext): Promise<{ readonly it: KeyWorld; readonly outputs: Outputs }> {
  const options = { emulator: { propagation: { keysMs: MINUTE } } };
  if (noNeighbour !== undefined) return { it: await keyWorldFor(t, IAM, options), outputs: here };
  const { it, apps, permit } = await neighbourWorldFor(t, IAM, options);
  for (const kind of ['Secret', 'ConfigMap'] as const) await permit(kind);
  return { it, outputs: [...here, ...elsewhere(apps)] };
}

/** Everything stands, with each shape of output, and a workload that reads them. */
async function begin(t: TestContext): Promise<{ readonly it: KeyWorld; readonly outputs: Outputs }> {
  const { it, outputs } = await openWorld(t);
  const { world } = it;
  await deploy(world, 'StatefulSet');
  const accept = { 's3.cloud37.dev/accept-merge': `${world.namespace}/it` };
  const theirs = secret('theirs', { other: 'text' });
  await world.apply({ ...theirs, metadata: { ...theirs.metadata, annotations: accept } });
  const rotate = { previousKeysRetentionDays: 0 };
  await world.apply(accessKey('it', USER, { rotate, outputs, restart: [{ kind: 'StatefulSet', name: 'web' }] }));
  await world.reaches('AccessKey', 'it', 'Ready', 'KeyNotUsable');
  await it.pass(MINUTE);
  await world.reaches('AccessKey', 'it', 'Synced', 'True');
  await world.settle();
  return { it, outputs };
}

async function rotate(it: KeyWorld, when: string): Promise<void> {
  await annotate(it.world, 'AccessKey', 'it', { 's3.cloud37.dev/rotate-requested-at': when });
  await leapUntil(it, async () => (await stepOf(it)) === 'Deactivated');
}

async function loseSecret(it: KeyWorld): Promise<void> {
  const { accessKeyId } = await pairIn(it.world, PUBLISHED);
  await it.world.delete('Secret', PUBLISHED);
  await until(
    'another key is delivered',
    async () => ![accessKeyId, ''].includes((await pairIn(it.world, PUBLISHED)).accessKeyId),
  );
  await it.leap(MINUTE);
  await replaced(it.world, 'it', accessKeyId);
}

async function freezeAndThaw({ world }: KeyWorld): Promise<void> {
  for (const [kind, name] of [
    ['AccessKey', 'it'],
    ['User', USER],
  ] as const) {
    await annotate(world, kind, name, { 's3.cloud37.dev/freeze': 'true' });
    await world.reaches(kind, name, 'Ready', 'Frozen');
    await annotate(world, kind, name, { 's3.cloud37.dev/freeze': null });
    await world.reaches(kind, name, 'Ready', 'True');
    await world.reaches('AccessKey', 'it', 'Ready', 'True');
  }
}

async function failTemplates({ world }: KeyWorld, written: Outputs): Promise<void> {
  for (const output of broken) {
    await world.patch('AccessKey', 'it', { spec: { outputs: [...written, { name: 'it-broken', ...output }] } });
    await pass(world, 'AccessKey', 'it');
    await world.settle();
  }
  await world.patch('AccessKey', 'it', { spec: { outputs: written } });
  await world.reaches('AccessKey', 'it', 'Synced', 'True');
}

/** Every kind of refusal of what is written into Secrets. */
async function refuseWrites(it: KeyWorld): Promise<void> {
  const { world } = it;
  for (const code of REFUSALS) {
    const refused = refuse(world.operator.kube, (call) => call.method !== 'GET' && isOnSecret(call), echo(code));
    const body = { data: { 'access-key-id': 'eA==' } };
    await world.cluster.admin.patch(SECRETS, world.key('it-original'), { type: 'merge', body });
    await until(`${code} is met`, () => Promise.resolve(refused.hits() > 0));
    await world.settle();
    world.operator.kube.decide(undefined);
    await it.leap(10 * MINUTE);
    await pass(world, 'AccessKey', 'it');
    await until('the output is right again', () => isWorking(world, 'it-original'));
  }
}

/** A service that says in its answers what it should keep to itself, to the operator and to the key under trial. */
async function answerTooMuch(it: KeyWorld): Promise<void> {
  const { world } = it;
  const { wasabi } = world.operator;
  for (const [index, answer] of talkative.entries()) {
    const minted = refuse(wasabi, isAction('CreateAccessKey'), () => answer);
    await annotate(world, 'AccessKey', 'it', { 's3.cloud37.dev/rotate-requested-at': `again ${index}` });
    await until('the key is asked for', () => Promise.resolve(minted.hits() > 0));
    await world.settle();
    const tried = refuse(wasabi, isAction('GetCallerIdentity'), () => answer);
    await leapUntil(it, () => Promise.resolve(tried.hits() > 0));
    wasabi.decide(undefined);
    await leapUntil(it, async () => (await stepOf(it)) === 'Deactivated');
  }
}

test('no text of a key comes out but in Secrets, whatever goes wrong', async (t) => {
  const { it, outputs } = await begin(t);
  const { world } = it;
  const said: Saying[] = [];
  const delivered: Saying[] = [];
  const listen = async () => {
    said.push(...(await saidBy(world)));
    delivered.push(...writtenToSecrets(world));
  };
  await rotate(it, 'one');
  assert.equal((await restarts(world)).times, 1);
  await loseSecret(it);
  await freezeAndThaw(it);
  await failTemplates(it, outputs);
  await listen();
  if (noNeighbour === undefined) {
    // Two objects in the other namespace, of which nothing but the Secret's values is left unheard.
    const there = said.flatMap(({ where }) => /^(Secret|ConfigMap) .*\/it-there$/.exec(where)?.[1] ?? []);
    assert.deepEqual(there, ['ConfigMap', 'Secret']);
  }
  await refuseWrites(it);
  await answerTooMuch(it);
  await listen();
  await world.restart();
  await world.delete('AccessKey', 'it');
  await world.gone('AccessKey', 'it');
  await listen();
  const made = it.made.map(({ secretAccessKey }) => secretAccessKey);
  assert.deepEqual(leaks([...made, INVENTED], said), []);
  // They are what is looked for: each but that of the account and the operator's own was written into Secrets.
  for (const text of made.slice(2)) assert.notDeepEqual(leaks([text], delivered), []);
});
