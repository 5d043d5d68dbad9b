import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { TestContext } from 'node:test';
import { systemClock } from '../../runtime/clock.ts';
import { Credential } from '../../runtime/credential.ts';
import { parseAllowedEndpoints } from '../allowed-endpoints.ts';
import { type ClientOptions, ClientPool, type ClientPoolOptions } from '../clients.ts';
import type { ProviderSettings } from '../settings.ts';

/** One request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What the server answers; `destroy`: the connection is cut instead; `hang`: nothing is ever answered. */
export type Answer =
  | { readonly status: number; readonly body?: string | Buffer; readonly headers?: Readonly<Record<string, string>> }
  | 'destroy'
  | 'hang';

/** A right answer to that read in which nothing is set. */
export function emptyAnswer({ body }: Pick<SeenRequest, 'body'>): string {
  const action = /(?:^|&)Action=(\w+)/.exec(body)?.[1];
  return action === undefined ? '<Answer/>' : `<${action}Response><${action}Result/></${action}Response>`;
}

/** A server on loopback that answers what a test says, and remembers what it was asked. */
export interface Loopback {
  readonly url: string;
  readonly host: string;
  readonly requests: readonly SeenRequest[];
  readonly server: Server;
}

/** Starts one; it ends with the test. */
export async function startLoopback(
  t: TestContext,
  answer: (request: SeenRequest, number: number) => Answer | Promise<Answer>,
): Promise<Loopback> {
  const requests: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const seen = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
      requests.push(seen);
      void Promise.resolve(answer(seen, requests.length)).then((given) => {
        if (given === 'hang') return;
        if (given === 'destroy') return request.socket.destroy();
        response.writeHead(given.status, { ...given.headers });
        return response.end(given.body);
      });
    });
  });
  const port = await listen(t, server);
  return { url: `http://s3.us-east-1.localhost:${port}`, host: `s3.us-east-1.localhost:${port}`, requests, server };
}

/** Settings of a Provider whose endpoints are all that server. */
export function settingsFor(endpoint: string, changes: Partial<ProviderSettings> = {}): ProviderSettings {
  return {
    type: 'wasabi',
    endpoint,
    region: 'us-east-1',
    iamEndpoint: endpoint,
    iamRegion: 'us-east-1',
    stsEndpoint: endpoint,
    pathStyle: true,
    maxAttempts: 3,
    backoffStrategy: 'exponential',
    timeoutMs: 10_000,
    rate: { requestsPerSecond: 1_000, burst: 1_000, maxInFlight: 64 },
    caBundle: undefined,
    insecureSkipVerify: false,
    ...changes,
  };
}

export const TEST_CREDENTIALS = {
  accessKeyId: 'TESTKEY0000000000001',
  secretAccessKey: new Credential('test-secret-canary-0123456789abcdefghijk'),
  sessionToken: undefined,
};

/** A pool that may call any port of `*.localhost`, with retries that do not wait. */
export function poolFor(server: Loopback, changes: Partial<ClientPoolOptions> = {}): ClientPool {
  const port = new URL(server.url).port;
  return new ClientPool({
    allowed: parseAllowedEndpoints([`http://*.localhost:${port}`]),
    clock: systemClock,
    random: () => 0,
    version: '0.0.0-test',
    ...changes,
  });
}

/** What `ClientPool.client` is given for that server. */
export function clientOptions(server: Loopback, changes: Partial<ProviderSettings> = {}): ClientOptions {
  return {
    settings: settingsFor(server.url, changes),
    credentials: TEST_CREDENTIALS,
    cacheKey: 'provider-uid/1',
    accountId: '100000000001',
    namespace: 'team-a',
  };
}

/** Lets a server listen on loopback until its test ends. @returns the port */
export async function listen(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}
