import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { Credential } from '../runtime/credential.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { KubeError } from '../runtime/kube.ts';
import type { LogFields } from './log-fields.ts';
import { createLogger, type LoggerOptions } from './logger.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG';

function recorded(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const log = createLogger({ level: 'info', format: 'json', destination, clock: new FakeClock(), ...options });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') as Record<string, unknown> };
}

/** What a caller could smuggle past the types by a cast. */
function smuggled(value: unknown): LogFields {
  return { outcome: value } as LogFields;
}

test('a line is one JSON object: time, level, facts, message', () => {
  const { log, lines, last } = recorded();
  log.info({ kind: 'Bucket', namespace: 'a', name: 'logs', generation: 3, changes: ['Set:tags'] }, 'reconciled');
  assert.deepEqual(last(), {
    level: 'info',
    time: '2026-01-01T00:00:00.000Z',
    kind: 'Bucket',
    namespace: 'a',
    name: 'logs',
    generation: 3,
    changes: ['Set:tags'],
    message: 'reconciled',
  });
  assert.match(lines[0] ?? '', /^\{.*\}\n$/);
});

test('L34: fields that are not on the list are not printed', () => {
  const { log, last } = recorded();
  const fields = { kind: 'Bucket', secretAccessKey: SECRET, uid: undefined };
  log.info(fields, 'reconciled');
  assert.deepEqual(Object.keys(last()).sort(), ['kind', 'level', 'message', 'time']);
});

test('a credential is no field, and no variable is a message', () => {
  const { log, last } = recorded();
  // @ts-expect-error: the type of the field keeps a credential out
  log.info({ name: new Credential(SECRET) }, 'reconciled');
  assert.equal(last()['name'], '[redacted]');
  const varying = `of ${Date.now()}`;
  // @ts-expect-error: what varies is a field
  log.info({}, varying);
});

const nested = new Credential(SECRET);
const redactedCases: readonly (readonly [title: string, value: unknown, printed: unknown])[] = [
  ['itself', nested, '[redacted]'],
  ['in an object', { a: { key: nested } }, { a: { key: '[redacted]' } }],
  ['in an array', [[nested]], [['[redacted]']]],
  ['in a Map', new Map([['key', nested]]), [['key', '[redacted]']]],
  ['as the key of a Map', new Map([[nested, 1]]), [['[redacted]', 1]]],
  ['in a Set', new Set([nested]), ['[redacted]']],
  ['in a template', `key ${String(nested)}`, 'key [redacted]'],
  [
    'in an object of a class',
    new (class Holder {
      readonly key = SECRET;
    })(),
    '[object]',
  ],
  ['in an object whose toJSON tells', { toJSON: () => SECRET }, { toJSON: '[function]' }],
  ['as bytes', Buffer.from(SECRET), `[${SECRET.length} bytes]`],
];
for (const [title, value, printed] of redactedCases) {
  test(`L34: a credential ${title} is not printed`, () => {
    const { log, lines, last } = recorded();
    log.info(smuggled(value), 'reconciled');
    assert.deepEqual(last()['outcome'], printed);
    assert.ok(!lines.join('').includes(SECRET));
  });
}

const credentialErrors: readonly (readonly [title: string, error: Error])[] = [
  ['as the cause', new Error('failed', { cause: nested })],
  ['as the cause of a cause', new Error('failed', { cause: new Error('inner', { cause: { key: nested } }) })],
  ['as a property', Object.assign(new Error('failed'), { key: SECRET, request: { key: SECRET } })],
  ['in the text', new Error(`failed with ${String(nested)}`)],
  ['in the cause of an error of a pass', new ReconcileError('Transient', 'failed', { cause: { key: SECRET } })],
];
for (const [title, error] of credentialErrors) {
  test(`a credential ${title} of an error is not printed`, () => {
    const { log, lines } = recorded();
    log.error({ error }, 'pass failed');
    assert.match(lines.join(''), /failed/);
    assert.ok(!lines.join('').includes(SECRET));
  });
}

test('an error tells the id that the service gave to the call, however often it was wrapped', () => {
  const { log, last } = recorded();
  const cause = new ReconcileError('Transient', 'PutBucket: no answer', { reason: 'Timeout', requestId: 'REQ1' });
  const facts = { type: 'DependencyNotReady', reason: 'AccessDenied', message: 'denied', requestId: 'REQ1' };
  log.warn({ error: new ReconcileError('DependencyNotReady', 'denied', { reason: 'AccessDenied', cause }) }, 'failed');
  assert.deepEqual(last()['error'], facts);
});

test('an error is its type, reason and message; only a defect of ours has a stack', () => {
  const { log, last } = recorded();
  const cause = new Error('socket');
  log.warn({ error: new ReconcileError('Transient', 'PutBucket: no answer', { reason: 'Timeout', cause }) }, 'failed');
  assert.deepEqual(last()['error'], { type: 'Transient', reason: 'Timeout', message: 'PutBucket: no answer' });
  log.warn({ error: new KubeError('get buckets a/b: 403 no', { code: 403, reason: 'Forbidden' }) }, 'failed');
  assert.deepEqual(last()['error'], {
    type: 'KubeError',
    reason: 'Forbidden',
    code: 403,
    message: 'get buckets a/b: 403 no',
  });
  log.error({ error: new TypeError('x is not a function', { cause }) }, 'failed');
  const { stack, ...facts } = last()['error'] as Record<string, string>;
  assert.deepEqual(facts, { type: 'Internal', reason: 'Internal', message: 'TypeError: x is not a function' });
  assert.match(stack ?? '', /^TypeError: x is not a function\n {4}at .*\ncaused by Error: socket\n {4}at /s);
});

test('values that JSON cannot hold are printed, bounded', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const cases: readonly (readonly [unknown, unknown])[] = [
    [10n, '10'],
    [Number.NaN, 'NaN'],
    [Symbol('s'), '[symbol]'],
    [null, null],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date(Number.NaN), 'Invalid Date'],
    [circle, { self: { self: { self: { self: { self: '[deep]' } } } } }],
    [
      [undefined, true, 1],
      [null, true, 1],
    ],
    ['x'.repeat(5_000), `${'x'.repeat(4_096)}… (5000 characters)`],
  ];
  const { log, last } = recorded();
  for (const [value, printed] of cases) {
    log.info(smuggled(value), 'reconciled');
    assert.deepEqual(last()['outcome'], printed);
  }
  log.info(smuggled(Array.from({ length: 1_000 }, () => 1)), 'reconciled');
  assert.equal((last()['outcome'] as unknown[]).length, 100);
});

test('the level changes at run time, wherever the log is held', () => {
  const { log, lines, last } = recorded({ level: 'warn' });
  const apart = log.apart();
  apart.info({}, 'unseen');
  assert.deepEqual(lines, []);
  log.level = 'debug';
  apart.debug({ attempt: 2 }, 'seen');
  assert.partialDeepStrictEqual(last(), { attempt: 2, level: 'debug' });
  assert.equal(log.level, 'debug');
});

test('an audit line is printed whatever the level is, with the fields of what goes on', () => {
  const { log, last } = recorded({ level: 'error' });
  log.within({ reconcileId: 'a' }, () => log.audit({ operation: 'DeleteBucket', bucket: 'logs' }));
  assert.deepEqual(last(), {
    level: 'info',
    time: '2026-01-01T00:00:00.000Z',
    reconcileId: 'a',
    operation: 'DeleteBucket',
    bucket: 'logs',
    message: 'audit',
  });
});

test('lines of what runs within fields carry them, also after a wait, and nobody else has them', async () => {
  const { log, last } = recorded();
  const facts = () => {
    const { level: _level, time: _time, message: _message, ...rest } = last();
    return rest;
  };
  const first = Promise.withResolvers<void>();
  const [a, b] = ['a', 'b'].map((name) =>
    log.within({ reconcileId: name, kind: 'Bucket' }, async () => {
      await first.promise;
      log.note({ uid: `uid of ${name}` });
      log.info({ attempt: 1 }, 'reconciled');
      const seen = facts();
      log.within({ attempt: 2, kind: 'User' }, () => log.info({}, 'reconciled'));
      const inner = facts();
      log.apart().info({ attempt: 3 }, 'reconciled');
      return [seen, inner, facts()];
    }),
  );
  first.resolve();
  assert.deepEqual(await a, [
    { reconcileId: 'a', kind: 'Bucket', uid: 'uid of a', attempt: 1 },
    { reconcileId: 'a', kind: 'User', uid: 'uid of a', attempt: 2 },
    { attempt: 3 },
  ]);
  assert.deepEqual((await b)?.[0], { reconcileId: 'b', kind: 'Bucket', uid: 'uid of b', attempt: 1 });
  log.note({ uid: 'nobody' });
  log.info({}, 'reconciled');
  assert.deepEqual(facts(), {});
});

test('text is one line for people, and no text of others can look like a line of ours', async () => {
  const { log, lines } = recorded({ format: 'text' });
  log.info({ kind: 'Bucket', generation: 2, changes: ['Create', 'Set:tags'], settings: [] }, 'reconciled');
  log.warn({ reason: 'a b\n2026-01-01T00:00:00.000Z ERROR forged\u001b[2J' }, 'pass failed');
  log.warn({ error: new ReconcileError('Transient', 'no answer', { reason: 'Timeout' }), isLeader: true }, 'failed');
  assert.deepEqual(lines, [
    '2026-01-01T00:00:00.000Z INFO  reconciled kind=Bucket generation=2 changes=Create,Set:tags settings=[]\n',
    String.raw`2026-01-01T00:00:00.000Z WARN  pass failed reason="a b\n2026-01-01T00:00:00.000Z ERROR forged\u001b[2J"` +
      '\n',
    '2026-01-01T00:00:00.000Z WARN  failed error={type=Transient reason=Timeout message="no answer"} isLeader=true\n',
  ]);
  log.error({ error: new Error('broken\nERROR forged\u001b[2J') }, 'failed');
  const [head, ...stack] = (lines.at(-1) ?? '').trimEnd().split('\n');
  assert.match(head ?? '', /ERROR failed error=\{type=Internal reason=Internal message="Error: broken\\nERROR forged/);
  assert.ok(stack.length > 2);
  for (const line of stack) assert.match(line, /^ {4}\P{Cc}*$/u);
  await log.flush();
});

test('text has colours when asked for', () => {
  const { log, lines } = recorded({ format: 'text', isColoured: true });
  log.error({ kind: 'Bucket' }, 'failed');
  const painted = '\u001b[31mERROR\u001b[0m failed \u001b[90mkind=\u001b[0mBucket';
  assert.ok(lines[0]?.includes(painted), lines[0]);
});

test('standard output gets every line before flush resolves, and no colours when it is no terminal', async () => {
  const script = `
    import { createLogger } from '${new URL('logger.ts', import.meta.url).href}';
    const log = createLogger({ level: 'info', format: process.argv[1] });
    await log.flush();
    for (let count = 0; count < 2000; count++) log.info({ count }, 'counted');
    await log.flush();
    process.exit(0);`;
  const run = (format: string) =>
    promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', script, '--', format]);
  const [asJson, asText] = await Promise.all([run('json'), run('text')]);
  const counts = asJson.stdout
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as { count: number }).count);
  assert.deepEqual(
    counts,
    Array.from({ length: 2_000 }, (_, index) => index),
  );
  assert.match(asText.stdout.split('\n')[0] ?? '', /^\S+Z INFO  counted count=0$/);
});
