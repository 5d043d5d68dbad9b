import { type AddressInfo, connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { TestAuthority } from './tls-authorities.ts';

/** Something on loopback that speaks TLS for a server that does not. */
export interface TlsFront {
  readonly port: number;
  /** Another certificate from now on; connections that were made with the former one end. */
  present(authority: TestAuthority): void;
}

/** Starts one before the server at `port`; it ends with the test. */
export async function startTlsFront(
  t: { after(end: () => void): void },
  port: number,
  authority: TestAuthority,
): Promise<TlsFront> {
  const open = new Set<TLSSocket>();
  const server = createServer({ key: authority.key, cert: authority.cert }, (incoming) => {
    const outgoing = connect(port, '127.0.0.1');
    open.add(incoming);
    incoming.on('close', () => {
      open.delete(incoming);
      outgoing.destroy();
    });
    outgoing.on('close', () => incoming.destroy());
    // Whoever goes away without a word is seen by its `close`.
    for (const socket of [incoming, outgoing]) socket.on('error', () => undefined);
    incoming.pipe(outgoing).pipe(incoming);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => {
    for (const socket of open) socket.destroy();
  };
  t.after(() => {
    server.close();
    close();
  });
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    present: ({ key, cert }) => {
      server.setSecureContext({ key, cert });
      close();
    },
  };
}
