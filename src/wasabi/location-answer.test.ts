import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetBucketLocationCommand } from '@aws-sdk/client-s3';
import { readableLocation } from './location-answer.ts';
import { clientOptions, poolFor, startLoopback } from './testing/loopback.ts';

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

const answers: readonly [title: string, body: string, location: string | undefined][] = [
  ['as S3 documents it', `<LocationConstraint ${NAMESPACE}>eu-west-1</LocationConstraint>`, 'eu-west-1'],
  ['without a namespace', '<LocationConstraint>eu-west-1</LocationConstraint>', 'eu-west-1'],
  ['with a prefix', '<s:LocationConstraint xmlns:s="x">eu-west-1</s:LocationConstraint>', 'eu-west-1'],
  [
    'with white space',
    '\uFEFF<?xml version="1.0"?>\n<LocationConstraint>\n eu-west-1\n</LocationConstraint>\n',
    'eu-west-1',
  ],
  ['of us-east-1', `<LocationConstraint ${NAMESPACE}/>`, undefined],
  ['of us-east-1, opened and closed', '<LocationConstraint></LocationConstraint>', undefined],
];
for (const [title, body, location] of answers) {
  test(`location: an answer ${title}`, async (t) => {
    const server = await startLoopback(t, () => ({ status: 200, body }));
    const call = new GetBucketLocationCommand({ Bucket: 'b' });
    const signal = new AbortController().signal;
    const answer = await poolFor(server).client(clientOptions(server)).s3(call, { signal });
    assert.equal(answer.LocationConstraint, location);
  });
}

const others: readonly [title: string, body: string][] = [
  ['no body', ''],
  ['another document', '<Other/>'],
  ['a page of a proxy', '<html><body>eu-west-1</body></html>'],
  ['an element inside', `<LocationConstraint ${NAMESPACE}><a>eu-west-1</a></LocationConstraint>`],
  ['two elements', '<LocationConstraint/><LocationConstraint>eu-west-1</LocationConstraint>'],
  ['text after an empty element', '<LocationConstraint a="b"/>eu-west-1</LocationConstraint>'],
];
for (const [title, body] of others) {
  test(`location: ${title} is none`, async (t) => {
    const server = await startLoopback(t, () => ({ status: 200, body }));
    const call = new GetBucketLocationCommand({ Bucket: 'b' });
    const signal = new AbortController().signal;
    const client = poolFor(server).client(clientOptions(server));
    await assert.rejects(client.s3(call, { signal }), { type: 'Transient', reason: 'UnreadableAnswer' });
  });
}

test('location: a megabyte of white space is read at once', () => {
  const startedMs = performance.now();
  const spaces = ' '.repeat(1_000_000);
  const bodies = [`${spaces}x`, `<LocationConstraint ${spaces}`, `<LocationConstraint>${spaces}<`, `<?xml${spaces}x`];
  for (const body of bodies) assert.equal(readableLocation(body), undefined);
  assert.ok(performance.now() - startedMs < 1_000);
});
