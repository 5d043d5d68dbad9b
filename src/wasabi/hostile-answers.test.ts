import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { GetUserCommand, ListAccessKeysCommand } from '@aws-sdk/client-iam';
import {
  GetBucketTaggingCommand,
  GetBucketVersioningCommand,
  ListBucketsCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import * as fc from 'fast-check';
import { ReconcileError } from '../runtime/errors.ts';
import { clientOptions, poolFor, startLoopback } from './testing/loopback.ts';
import { refusedXml } from './xml-guard.ts';

const signal = new AbortController().signal;
const laughs = Array.from({ length: 10 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`).join(
  '',
);
const tag = (value: string) => `<Tagging><TagSet><Tag><Key>a</Key><Value>${value}</Value></Tag></TagSet></Tagging>`;

/** What a hostile or broken endpoint may answer with status 200. */
const refusedBodies: readonly [title: string, body: string | Buffer][] = [
  ['billion laughs', `<?xml version="1.0"?><!DOCTYPE t [<!ENTITY l0 "ha">${laughs}]>${tag('&l10;')}`],
  ['quadratic blow-up', `<!DOCTYPE t [<!ENTITY a "${'a'.repeat(10_000)}">]>${tag('&a;'.repeat(10_000))}`],
  ['external entity', `<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]>${tag('&x;')}`],
  ['external entity over HTTP', `<!DOCTYPE t [<!ENTITY x SYSTEM "http://127.0.0.1/">]>${tag('&x;')}`],
  ['parameter entity', `<!DOCTYPE t [<!ENTITY % p SYSTEM "http://127.0.0.1/"> %p;]>${tag('x')}`],
  ['external DTD', `<!DOCTYPE t SYSTEM "http://127.0.0.1/x.dtd">${tag('x')}`],
  ['lower-case doctype', `<!doctype t [<!ENTITY x "y">]>${tag('&x;')}`],
  ['doctype after a comment', `<!-- x --><!DOCTYPE t>${tag('x')}`],
  ['doctype inside the document', '<Tagging><!DOCTYPE t></Tagging>'],
  ['entity declaration inside the document', '<Tagging><!ENTITY x "y"></Tagging>'],
  ['doctype after a byte order mark', `\uFEFF<!DOCTYPE t>${tag('x')}`],
  ['100,000 nested elements', `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`],
  ['65 nested elements', `${'<a>'.repeat(65)}${'</a>'.repeat(65)}`],
  ['nested elements with attributes', '<a b="c>">'.repeat(10_000)],
  ['an unclosed comment', '<!-- <Tagging/>'],
  ['an unclosed CDATA section', '<Tagging><![CDATA[ x </Tagging>'],
  ['an unclosed tag', '<Tagging'],
  ['mismatched tags', '<Tagging><TagSet></Tagging></TagSet>'],
  ['two megabytes', tag('x'.repeat(2_000_000))],
  ['binary', Buffer.from([0x3c, 0xff, 0xfe, 0x00, 0x3c, 0x3c])],
  ['an HTML page', '<!DOCTYPE html><html><body>Please log in</body></html>'],
  ['an HTML page without a doctype', '<html><head><meta charset=utf-8></head></html>'],
];
for (const [title, body] of refusedBodies) {
  test(`answer refused: ${title}`, async (t) => {
    const server = await startLoopback(t, () => ({ status: 200, body }));
    const client = poolFor(server).client(clientOptions(server));
    const startedMs = performance.now();
    const isRefused = (error: unknown) => error instanceof ReconcileError && error.reason === 'UnreadableAnswer';
    await assert.rejects(client.s3(new GetBucketTaggingCommand({ Bucket: 'b' }), { signal }), isRefused);
    await assert.rejects(client.iam(new GetUserCommand({}), { signal }), isRefused);
    assert.ok(performance.now() - startedMs < 2_000);
  });
}

/** Well-formed, and from somebody else: the parsers would find that nothing is set. */
for (const [title, body] of [
  ['nothing', ''],
  ['a well-formed page', '<?xml version="1.0"?>\n<html><body>Please log in</body></html>'],
  ['plain text', 'Please log in'],
] as const) {
  test(`a read is not answered by ${title}`, async (t) => {
    const server = await startLoopback(t, () => ({ status: 200, body }));
    const client = poolFor(server).client(clientOptions(server));
    const isRefused = (error: unknown) => error instanceof ReconcileError && error.reason === 'UnreadableAnswer';
    await assert.rejects(client.s3(new GetBucketVersioningCommand({ Bucket: 'b' }), { signal }), isRefused);
    await assert.rejects(client.s3(new ListBucketsCommand({}), { signal }), isRefused);
    await assert.rejects(client.iam(new ListAccessKeysCommand({ UserName: 'u' }), { signal }), isRefused);
    await assert.rejects(client.sts(new GetCallerIdentityCommand({}), { signal }), isRefused);
  });
}

test('the answer to another call of IAM is none', async (t) => {
  const body = '<ListUsersResponse><ListUsersResult><Users/></ListUsersResult></ListUsersResponse>';
  const server = await startLoopback(t, () => ({ status: 200, body }));
  const client = poolFor(server).client(clientOptions(server));
  const command = new ListAccessKeysCommand({ UserName: 'u' });
  await assert.rejects(client.iam(command, { signal }), /AnswerUnreadable/);
});

test('a list may be larger than the answer of a configuration call', async (t) => {
  const body = `<ListVersionsResult><Name>${'x'.repeat(2_000_000)}</Name></ListVersionsResult>`;
  const server = await startLoopback(t, () => ({ status: 200, body }));
  const client = poolFor(server).client(clientOptions(server));
  assert.equal((await client.s3(new ListObjectVersionsCommand({ Bucket: 'b' }), { signal })).Name?.length, 2_000_000);
});

test('keys that mean something to JavaScript are data', async (t) => {
  const names = ['__proto__', 'constructor', 'toString'];
  const tags = names.map((name) => `<Tag><Key>${name}</Key><Value>x</Value></Tag>`).join('');
  const server = await startLoopback(t, () => ({ status: 200, body: `<Tagging><TagSet>${tags}</TagSet></Tagging>` }));
  const client = poolFor(server).client(clientOptions(server));
  const output = await client.s3(new GetBucketTaggingCommand({ Bucket: 'b' }), { signal });
  assert.deepEqual(
    output.TagSet,
    names.map((name) => ({ Key: name, Value: 'x' })),
  );
});

test('elements and attributes that mean something to JavaScript pollute nothing', async (t) => {
  const bodies = [
    '<Tagging><__proto__><polluted>1</polluted></__proto__></Tagging>',
    '<Tagging __proto__="x"><TagSet polluted="1"/></Tagging>',
    '<__proto__><polluted>1</polluted></__proto__>',
    '<Tagging><constructor><prototype><polluted>1</polluted></prototype></constructor></Tagging>',
  ];
  const server = await startLoopback(t, (_request, number) => ({ status: 200, body: bodies[number - 1] ?? '' }));
  const client = poolFor(server).client(clientOptions(server));
  for (const _body of bodies) {
    await client.s3(new GetBucketTaggingCommand({ Bucket: 'b' }), { signal }).catch((error: unknown) => {
      assert.ok(error instanceof ReconcileError && error.reason === 'UnreadableAnswer');
    });
    assert.equal('polluted' in {}, false);
  }
  assert.equal(server.requests.length, bodies.length);
});

const secretText = 'AKIAEXAMPLECANARY/wJalrXUtnFEMI';
/** Texts that a hostile endpoint may try to get into status, events and logs. */
const injections = [
  secretText,
  `\n{"level":60,"msg":"${secretText}"}`,
  `\r\nSet-Cookie: ${secretText}`,
  `\u001b[2J${secretText}`,
  `\u0000${secretText}`,
  `\u202e${secretText}`,
  `\u2028${secretText}`,
  `<script>${secretText}</script>`,
  `&lt;img src=x onerror=${secretText}&gt;`,
  `](http://evil.example/${secretText})`,
  `%0a${secretText}`,
  `\${jndi:ldap://${secretText}}`,
  `{{${secretText}}}`,
  `$(${secretText})`,
  secretText.repeat(1_000),
  `\u0007${secretText}`,
  `\u0085${secretText}`,
  `\ufeff${secretText}`,
  `'; DROP TABLE ${secretText}`,
  `../../${secretText}`,
];
const fields: readonly [title: string, body: (text: string) => string, status: number][] = [
  ['the message', (text) => `<Error><Code>InvalidArgument</Code><Message>${text}</Message></Error>`, 400],
  [
    'the resource and other fields',
    (text) =>
      `<ErrorResponse><Error><Code>AccessDenied</Code><Resource>${text}</Resource><HostId>${text}</HostId></Error></ErrorResponse>`,
    403,
  ],
];
for (const [title, bodyOf, status] of fields) {
  for (const [number, text] of injections.entries()) {
    test(`reflected text ${number + 1} in ${title}: nothing of it is kept`, async (t) => {
      const server = await startLoopback(t, () => ({ status, body: bodyOf(text) }));
      const call = poolFor(server)
        .client(clientOptions(server))
        .s3(new GetBucketTaggingCommand({ Bucket: 'b' }), { signal });
      const error: unknown = await call.catch((thrown: unknown) => thrown);
      assert.ok(error instanceof ReconcileError);
      assert.ok(!inspect(error, { depth: 20, showHidden: true }).includes('CANARY'));
      assert.match(error.message, /^[\x20-\x7e]{1,256}$/);
    });
  }
}

for (const [number, text] of injections.entries()) {
  test(`reflected text ${number + 1} in place of code and region: nothing of it is shown`, async (t) => {
    const body = `<Error><Code>${text}</Code><RequestId>${text}</RequestId><Region>${text}</Region></Error>`;
    const server = await startLoopback(t, () => ({ status: 301, body }));
    const call = poolFor(server)
      .client(clientOptions(server))
      .s3(new GetBucketTaggingCommand({ Bucket: 'b' }), { signal });
    const error: unknown = await call.catch((thrown: unknown) => thrown);
    assert.ok(error instanceof ReconcileError && error.cause instanceof Error);
    assert.equal(
      error.message,
      `S3 GetBucketTagging at ${server.host}: status 301: the bucket lives in another region; correct spec.region`,
    );
    assert.match(error.cause.message, /^[\x20-\x7e]{1,256}$/);
    assert.ok(!error.cause.message.includes('CANARY'));
  });
}

test('property: the guard never throws and takes no longer than the text is long', () => {
  const pieces = fc.constantFrom(
    '<',
    '>',
    '</',
    '/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '<?',
    '?>',
    '<!',
    'a',
    '"',
    ' ',
    '=',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 2_000 }), (parts) => {
      const startedMs = performance.now();
      refusedXml(parts.join(''));
      assert.ok(performance.now() - startedMs < 50);
    }),
    { numRuns: 300 },
  );
  assert.equal(
    refusedXml('<?xml version="1.0"?><!-- <!DOCTYPE in a comment> --><a><b c="d"/><![CDATA[<!DOCTYPE]]></a>'),
    undefined,
  );
  assert.equal(refusedXml(`${'<a>'.repeat(64)}${'</a>'.repeat(64)}`), undefined);
  assert.equal(refusedXml('no markup at all'), undefined);
});
