import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { startLoopback } from './testing/loopback-clients.ts';

/** Sends bytes, leaves the connection open, and gives what came until the server ended it. */
async function keptOpen(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(Buffer.from(chunk as Uint8Array)); // no encoding was set
  return Buffer.concat(chunks).toString('latin1');
}

const halves: Readonly<Record<string, string>> = {
  'half a request line': 'GET /b',
  'half a header': 'GET / HTTP/1.1\r\nHost: s3.loc',
  'half a body': 'PUT /b/k HTTP/1.1\r\nHost: s3.localhost\r\nContent-Length: 100\r\n\r\nshort',
  'half a chunk': 'PUT /b/k HTTP/1.1\r\nHost: s3.localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nshort',
};

for (const [title, bytes] of Object.entries(halves)) {
  test(`W49 ${title} on an open connection is RequestTimeout, and the last of it`, async (t) => {
    const { emulator } = await startLoopback(t, { idleTimeoutMs: 50 });
    const answer = await keptOpen(emulator.port, bytes);
    assert.match(answer, /^HTTP\/1\.1 400 .*\r\nconnection: close\r\n.*<Code>RequestTimeout<\/Code>.*<\/Error>$/is);
    assert.equal(emulator.calls.length, 0, 'it never became a call');
  });
}

test('W49 a connection that asks nothing is closed without a word', async (t) => {
  const { emulator } = await startLoopback(t, { idleTimeoutMs: 50 });
  assert.equal(await keptOpen(emulator.port, ''), '');
});

test('W49 it is not the client who is late while it waits for an answer', async (t) => {
  const { emulator } = await startLoopback(t, { idleTimeoutMs: 100, latencyMs: 300 });
  const request = 'GET / HTTP/1.1\r\nHost: s3.localhost\r\nConnection: close\r\n\r\n';
  assert.match(await keptOpen(emulator.port, request), /^HTTP\/1\.1 403 /);
});
