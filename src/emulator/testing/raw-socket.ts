import { connect } from 'node:net';

/** Writes bytes to a port, ends its side, and resolves to all that came back once the other side has closed. */
export function rawAnswer(port: number, bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('latin1');
    });
    socket.on('error', () => undefined); // a reset is an end like any other
    socket.on('close', () => resolve(answer));
  });
}
