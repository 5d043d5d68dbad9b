import { createServer } from 'node:net';

/** Ports that systems give to outgoing connections and to whoever asks for any begin above. Source: RFC 6335, Linux's default */
const [FIRST, LAST] = [20_000, 30_000];

/**
 * A free port of 127.0.0.1 that nobody gets by chance: what listens there may stop and start again, and finds it free.
 * @throws Error when a hundred of them are taken
 */
export async function lastingPort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) return port;
  }
  throw new Error(`a hundred ports between ${FIRST} and ${LAST} are taken`);
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
