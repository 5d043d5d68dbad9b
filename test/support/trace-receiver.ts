import { createServer } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Socket,
  type Server as TcpServer,
} from 'node:net';
import type { TestContext } from 'node:test';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { readFields, type WireField } from '../../src/devcluster/protobuf/wire.ts';
import type { Ending } from './endings.ts';
import type { TestAuthority } from './tls-authorities.ts';

/** A span as it came. */
export interface SeenSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** '': it is the root of its trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The span ids that it links to. */
  readonly links: readonly string[];
  readonly isError: boolean;
  readonly resource: Readonly<Record<string, string>>;
}

/** Somebody who takes traces by OTLP. */
export interface TraceReceiver {
  readonly url: string;
  readonly spans: SeenSpan[];
  /** The headers of each call. */
  readonly headers: Readonly<Record<string, unknown>>[];
  /** From now on each call is refused. */
  refuse(): void;
  /** From now on no call is answered. */
  hang(): void;
  /** From now on each call is answered again. */
  answer(): void;
  /** How many there are now. */
  connections(): number;
}

/** What a receiver does with a call, and what it has seen. */
class Desk {
  readonly spans: SeenSpan[] = [];
  readonly headers: Readonly<Record<string, unknown>>[] = [];
  mode: 'takes' | 'refuses' | 'hangs' = 'takes';

  refuse(): void {
    this.mode = 'refuses';
  }

  hang(): void {
    this.mode = 'hangs';
  }

  answer(): void {
    this.mode = 'takes';
  }

  /** @returns how to answer; undefined: not at all */
  takes(body: Buffer, headers: object): boolean | undefined {
    this.headers.push({ ...headers });
    if (this.mode === 'hangs') return undefined;
    if (this.mode === 'takes') this.spans.push(...spansOf(body));
    return this.mode === 'takes';
  }
}

const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';

/** Takes OTLP by HTTP, with bodies in protobuf. */
export async function startHttpReceiver(t: Ending): Promise<TraceReceiver> {
  const desk = new Desk();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const isTaken = desk.takes(Buffer.concat(chunks), { ...request.headers, path: request.url });
      if (isTaken === undefined) return;
      response.writeHead(isTaken ? 200 : 400, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  const connections = countConnections(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return Object.assign(desk, { url: `http://127.0.0.1:${port}`, connections });
}

/** Takes OTLP by gRPC, over TLS where there is an authority: a server of the gRPC project. */
export async function startGrpcReceiver(t: TestContext, authority?: TestAuthority): Promise<TraceReceiver> {
  const desk = new Desk();
  const server = new Server();
  const bytes = (message: Buffer) => message;
  const service = {
    Export: {
      path: METHOD,
      requestStream: false,
      responseStream: false,
      requestSerialize: bytes,
      requestDeserialize: bytes,
      responseSerialize: bytes,
      responseDeserialize: bytes,
    },
  };
  type Call = { readonly request: Buffer; readonly metadata: { getMap(): object } };
  server.addService(service, {
    Export: ({ request, metadata }: Call, done: (error: object | null, body?: Buffer) => void) => {
      const isTaken = desk.takes(request, metadata.getMap());
      if (isTaken === true) done(null, Buffer.alloc(0));
      if (isTaken === false) done({ code: status.UNAVAILABLE, details: 'refused by the test' });
    },
  });
  const pair = authority && { private_key: Buffer.from(authority.key), cert_chain: Buffer.from(authority.cert) };
  const credentials =
    pair === undefined ? ServerCredentials.createInsecure() : ServerCredentials.createSsl(null, [pair]);
  const grpcPort = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  t.after(() => server.forceShutdown());
  // Its server does not tell of its connections.
  const front = createTcpServer((socket) => {
    const other = connect(grpcPort, '127.0.0.1');
    socket.on('error', () => other.destroy()).on('close', () => other.destroy());
    other.on('error', () => socket.destroy()).on('close', () => socket.destroy());
    socket.pipe(other).pipe(socket);
  });
  const connections = countConnections(front);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  t.after(() => front.close());
  const { port } = front.address() as AddressInfo;
  return Object.assign(desk, { url: `${pair === undefined ? 'http' : 'https'}://127.0.0.1:${port}`, connections });
}

/** @returns how many are open */
function countConnections(server: TcpServer): () => number {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
  });
  return () => open.size;
}

/** Source of the numbers: opentelemetry-proto, trace/v1, resource/v1 and common/v1. */
function spansOf(body: Buffer): readonly SeenSpan[] {
  return messages(readFields(body), 1).flatMap((ofResource) => {
    const [resource = []] = messages(ofResource, 1);
    return messages(ofResource, 2).flatMap((ofScope) =>
      messages(ofScope, 2).map((span) => ({
        traceId: bytes(span, 1).toString('hex'),
        spanId: bytes(span, 2).toString('hex'),
        parentSpanId: bytes(span, 4).toString('hex'),
        name: bytes(span, 5).toString('utf8'),
        attributes: attributes(span, 9),
        links: messages(span, 13).map((link) => bytes(link, 2).toString('hex')),
        isError: messages(span, 15).some((told) => told.some(({ number, value }) => number === 3 && value === 2n)),
        resource: attributes(resource, 1),
      })),
    );
  });
}

function messages(fields: readonly WireField[], number: number): readonly (readonly WireField[])[] {
  return fields.flatMap((field) =>
    field.number === number && Buffer.isBuffer(field.value) ? [readFields(field.value)] : [],
  );
}

function bytes(fields: readonly WireField[], number: number): Buffer {
  const value = fields.find((field) => field.number === number)?.value;
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
}

function attributes(fields: readonly WireField[], number: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    messages(fields, number).map((pair) => {
      const [value] = messages(pair, 2)[0] ?? [];
      return [bytes(pair, 1).toString('utf8'), String(value?.value ?? '')];
    }),
  );
}
