import assert from 'node:assert/strict';
import { at } from './json.ts';
import { expectRefused } from './refusal.ts';
import type { ConformanceCase } from './world.ts';

/** Bodies in protobuf, as Go clients send them: kubectl for `create secret`, and every client that asks for speed. */

const contentType = 'application/vnd.kubernetes.protobuf';

/** A field of text, bytes or a message. Short ones alone: the length is one byte. */
function field(number: number, ...parts: readonly (string | Buffer)[]): Buffer {
  const value = Buffer.concat(parts.map((part) => Buffer.from(part)));
  assert.ok(value.length < 128 && number < 16);
  return Buffer.concat([Buffer.from([number * 8 + 2, value.length]), value]);
}

function body(apiVersion: string, kind: string, ...message: readonly Buffer[]): Buffer {
  const raw = Buffer.concat(message);
  assert.ok(raw.length < 128);
  return Buffer.concat([Buffer.from('k8s\0'), field(1, field(1, apiVersion), field(2, kind)), field(2, raw)]);
}

const named = (name: string) => field(1, field(1, name), field(2, ''));
const entry = (number: number, key: string, value: string) => field(number, field(1, key), field(2, value));

/** What is read from protobuf and what is refused. */
export const protobufCases: readonly ConformanceCase[] = [
  {
    id: 'protobuf/a-built-in-object-is-created-from-it',
    run: async (world) => {
      const secret = body('v1', 'Secret', named('p'), entry(2, 'a', 'b'), entry(2, 'empty', ''), field(3, ''));
      const query = { fieldValidation: 'Strict' };
      const answer = await world.client.call('POST', world.path('secrets'), { body: secret, contentType, query });
      assert.equal(answer.status, 201, answer.text);
      const found = await world.client.call('GET', world.path('secrets', 'p'));
      assert.deepEqual(at(found.body, 'data'), { a: 'Yg==', empty: '' });
      assert.equal(at(found.body, 'type'), 'Opaque');
    },
  },
  {
    id: 'protobuf/a-built-in-object-is-replaced-by-it',
    run: async (world) => {
      await world.create('configmaps', { metadata: { name: 'p' }, data: { a: '1' } });
      const map = body('v1', 'ConfigMap', named('p'), entry(2, 'b', '2'), Buffer.from([4 * 8, 1]));
      const answer = await world.client.call('PUT', world.path('configmaps', 'p'), { body: map, contentType });
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(at(answer.body, 'data'), { b: '2' });
      assert.equal(at(answer.body, 'immutable'), true);
    },
  },
  {
    id: 'protobuf/options-of-a-delete-are-read-from-it',
    run: async (world) => {
      await world.create('configmaps', { metadata: { name: 'p' } });
      const options = body('v1', 'DeleteOptions', field(2, field(1, 'of-another')));
      const path = world.path('configmaps', 'p');
      const refused = await world.client.call('DELETE', path, { body: options, contentType });
      expectRefused(refused, {
        code: 409,
        reason: 'Conflict',
        message: /the UID in the precondition \(of-another\) does not match/,
      });
      const none = body('v1', 'DeleteOptions');
      assert.equal((await world.client.call('DELETE', path, { body: none, contentType })).status, 200);
    },
  },
  {
    id: 'protobuf/fields-that-nobody-knows-are-passed-over',
    run: async (world) => {
      const map = body('v1', 'ConfigMap', named('p'), field(15, 'of a later version'), entry(2, 'a', '1'));
      const answer = await world.client.call('POST', world.path('configmaps'), { body: map, contentType });
      assert.deepEqual(at(answer.body, 'data'), { a: '1' }, answer.text);
    },
  },
  {
    id: 'protobuf/bytes-that-are-none-are-refused',
    run: async (world) => {
      const broken: readonly (readonly [bytes: Buffer, message: RegExp])[] = [
        [Buffer.from('{}'), /does not appear to be a protobuf message, expected prefix/],
        [Buffer.from('k8s\0\x0a\x7f'), /unexpected EOF/],
        [body('v1', 'Nothing', named('p')), /no kind "Nothing" is registered for version "v1"/],
        [body('v1', 'Secret', named('p')), /cannot be handled as a ConfigMap/],
        [body('v1', 'ConfigMap', Buffer.from([1 * 8, 1])), /wrong wireType/],
        [body('v1', 'ConfigMap', Buffer.from([15 * 8 + 7, 1])), /illegal wireType/],
      ];
      for (const [bytes, message] of broken) {
        const answer = await world.client.call('POST', world.path('configmaps'), { body: bytes, contentType });
        expectRefused(answer, { code: 400, reason: 'BadRequest', message });
      }
    },
  },
];
