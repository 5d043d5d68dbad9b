import { Agent, request } from 'node:http';
import type { TestContext } from 'node:test';
import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AccountKeys } from '../accounts.ts';
import { loopbackLookup } from '../loopback-lookup.ts';
import type { EmulatorOptions } from '../options.ts';
import { type Emulator, startEmulator } from '../server.ts';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** What a raw request is made of; the host is the main listener's address unless said otherwise. */
export interface RawRequestOptions {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly port?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Options of a client of the emulator. */
export interface ClientOptions
  extends Pick<
    S3ClientConfig,
    'forcePathStyle' | 'requestChecksumCalculation' | 'responseChecksumValidation' | 'endpoint'
  > {
  /** Where the client calls; default us-east-1. */
  readonly region?: string;
  /** What it signs for; default: the same. */
  readonly signingRegion?: string;
  readonly keys?: Pick<AccountKeys, 'accessKeyId' | 'secretAccessKey'> & { readonly sessionToken?: string };
}

/** An emulator that ends with its test, and the SDK's clients of it. */
export interface Loopback {
  readonly emulator: Emulator;
  readonly s3: (options?: ClientOptions) => S3Client;
  readonly iam: (options?: ClientOptions) => IAMClient;
  readonly sts: (options?: ClientOptions) => STSClient;
  readonly raw: (options: RawRequestOptions) => Promise<RawAnswer>;
}

/** Starts an emulator for one test. */
export async function startLoopback(t: TestContext, options: EmulatorOptions = {}): Promise<Loopback> {
  const emulator = await startEmulator(options);
  const agent = new Agent({ keepAlive: true, lookup: loopbackLookup });
  t.after(async () => {
    agent.destroy();
    await emulator.stop();
  });
  const common = ({ region = 'us-east-1', signingRegion = region, keys = emulator.account }: ClientOptions) => ({
    region: signingRegion,
    credentials: {
      accessKeyId: keys.accessKeyId,
      secretAccessKey: keys.secretAccessKey,
      ...('sessionToken' in keys ? { sessionToken: keys.sessionToken } : {}),
    },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ httpAgent: agent }),
  });
  return {
    emulator,
    s3: (given = {}) =>
      new S3Client({
        endpoint: emulator.url(given.region),
        forcePathStyle: true,
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        ...given,
        ...common(given),
      }),
    iam: (given = {}) => new IAMClient({ endpoint: emulator.iamUrl, ...common(given) }),
    sts: (given = {}) => new STSClient({ endpoint: emulator.stsUrl, ...common(given) }),
    raw: (given) => sendRaw({ port: emulator.port, ...given }),
  };
}

/** Sends one request as it is, on a connection of its own. */
export function sendRaw({
  method = 'GET',
  path = '/',
  host,
  port,
  headers,
  body,
}: RawRequestOptions): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path,
        agent: false,
        headers: { ...headers, ...(host === undefined ? {} : { host }) },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode = 0 } = response;
          resolve({ status: statusCode, headers: response.headers, body: Buffer.concat(chunks).toString('utf8') });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** The code in an error document, with the HTTP status before it; the status alone where there is none. */
export function codeOf({ status, body }: RawAnswer): string {
  const code = /<Code>(\w+)</u.exec(body)?.[1];
  return code === undefined ? String(status) : `${status} ${code}`;
}

/** What a call that must fail was refused with: HTTP status and code. Fails when the call succeeds. */
export async function refusal(call: Promise<unknown>): Promise<string> {
  const thrown: unknown = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof Error)) return 'no error';
  const { httpStatusCode } = (thrown as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
  return `${httpStatusCode} ${thrown.name}`;
}
