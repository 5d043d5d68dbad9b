import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CreateUserCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { CONTROL_PREFIX } from './control-prefix.ts';
import { CONTROL_ROUTES } from './control-routes.ts';
import { openApiOf } from './openapi.ts';
import { assertDescribed, type ControlDescription, checkOf } from './testing/control-description.ts';
import { type Loopback, startLoopback } from './testing/loopback-clients.ts';

async function steer(loopback: Loopback, method: string, path: string, sent?: unknown) {
  const options = sent === undefined ? {} : { body: JSON.stringify(sent) };
  const { status, body } = await loopback.raw({ method, path: `${CONTROL_PREFIX}${path}`, ...options });
  return { status, body: JSON.parse(body) as unknown };
}

async function description(loopback: Loopback): Promise<ControlDescription> {
  return (await steer(loopback, 'GET', 'openapi.json')).body as ControlDescription;
}

test('W51 the description names every call that is served, and none besides', async (t) => {
  const { openapi, info, paths } = await description(await startLoopback(t));
  assert.equal(openapi, '3.1.0');
  assert.ok(info.title !== '' && info.version !== '');
  const described = Object.entries(paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
  );
  assert.deepEqual(described.toSorted(), CONTROL_ROUTES.map(({ method, path }) => `${method} /${path}`).toSorted());
  const operations = Object.values(paths).flatMap((each) => Object.values(each));
  assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, CONTROL_ROUTES.length);
  for (const { summary, responses, parameters = [] } of operations) {
    assert.notEqual(summary, '');
    for (const response of Object.values(responses)) assert.notEqual(response.description, '');
    for (const parameter of parameters) assert.deepEqual([parameter.in, parameter.description !== ''], ['query', true]);
  }
});

test('W51 every reference in the description leads somewhere, and every schema is used', async (t) => {
  const document = await description(await startLoopback(t));
  const text = JSON.stringify(document);
  const wanted = new Set([...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name ?? ''));
  assert.deepEqual([...wanted].toSorted(), Object.keys(document.components.schemas).toSorted());
  assert.doesNotMatch(text, /\$schema|\$id"|"readOnly"/);
});

test('W51 every call of the description is served, and answers what it says', async (t) => {
  const loopback = await startLoopback(t);
  const client = loopback.s3();
  await client.send(new CreateBucketCommand({ Bucket: 'described' }));
  await client.send(new PutObjectCommand({ Bucket: 'described', Key: 'k', Body: 'x' }));
  await loopback.iam().send(new CreateUserCommand({ UserName: 'u' }));
  loopback.emulator.faults.add({ bucket: 'x', count: 2, effect: { type: 'stale', ms: 5 } });
  const bodies: Readonly<Record<string, unknown>> = {
    addFault: { effect: { type: 'rate', perSecond: 0.5, burst: 2 } },
    createAccount: { accountId: '100000000009', name: 'n', accessKeyId: 'A', secretAccessKey: 's' },
    setLatency: { ms: 1 },
    advanceClock: { advanceMs: 5 },
  };
  const document = await description(loopback);
  for (const { method, path, operationId, body } of CONTROL_ROUTES) {
    const sent = bodies[operationId];
    assert.equal(sent === undefined, body === undefined, `${operationId} is given a body`);
    const answer = await steer(loopback, method, path, sent);
    assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    assertDescribed(document, { method, path }, answer);
    const { requestBody } = document.paths[`/${path}`]?.[method.toLowerCase()] ?? {};
    if (requestBody !== undefined) {
      const check = checkOf(document, requestBody.content['application/json'].schema);
      assert.equal(check.safeParse(sent).success, true);
      assert.equal(check.safeParse({ stranger: 1 }).success, false, `${operationId} takes anything`);
    }
  }
});

test('W51 a route whose schema has no name cannot be described', () => {
  const [route] = CONTROL_ROUTES;
  assert.ok(route);
  const unnamed = { ...route, answer: route.answer.describe('another') };
  assert.throws(() => openApiOf([unnamed]), /has no name/);
});

test('W51 the reference links the description', () => {
  const page = readFileSync(new URL('../../docs/reference/emulator.md', import.meta.url), 'utf8');
  for (const { method, path, about } of CONTROL_ROUTES) {
    assert.ok(page.includes(`| \`${method} ${CONTROL_PREFIX}${path}\` | ${about}`), `${method} ${path}`);
  }
});
