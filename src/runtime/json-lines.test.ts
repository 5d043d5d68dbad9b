import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { jsonLines } from './json-lines.ts';

async function* stream(chunks: readonly Buffer[]): AsyncGenerator<Buffer, void> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

async function read(chunks: readonly Buffer[], maxLineBytes = 1000): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of jsonLines(stream(chunks), maxLineBytes)) values.push(value);
  return values;
}

test('lines come out whole however the bytes are cut', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 5 }), fc.array(fc.nat(40)), async (values, sizes) => {
      const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
      const chunks: Buffer[] = [];
      let start = 0;
      for (const size of sizes) {
        chunks.push(bytes.subarray(start, start + size));
        start += size;
      }
      chunks.push(bytes.subarray(start));
      const expected: unknown = JSON.parse(JSON.stringify(values));
      assert.deepEqual(await read(chunks, 100_000), expected);
    }),
  );
});

test('a cut, a broken and an endless line are errors that quote nothing', async () => {
  await assert.rejects(read([Buffer.from('{"a":1}\n{"b"')]), /ended in the middle of a line, after 4 bytes/);
  await assert.rejects(read([Buffer.from('{"secret":"hunter2"\n')]), { message: 'a line of 19 bytes is not JSON' });
  await assert.rejects(read([Buffer.alloc(600, 'x'), Buffer.alloc(600, 'x')]), /longer than 1000 bytes/);
});
