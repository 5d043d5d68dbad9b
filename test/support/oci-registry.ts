import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

/** What a registry keeps. */
export interface OciRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** By `NAME:TAG` and `NAME@DIGEST`. */
  readonly manifests: ReadonlyMap<string, Buffer>;
}

/** `sha256:…` of that content. */
export function digestOf(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

/**
 * A registry of images and charts on loopback, without TLS and for everybody: as much as a push and a pull need.
 * Source: OCI Distribution Specification 1.1, end-1 to end-7.
 */
export async function startOciRegistry(t: TestContext): Promise<OciRegistry> {
  const blobs = new Map<string, Buffer>();
  const manifests = new Map<string, Buffer>();
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://registry');
    const body = await buffer(request);
    const [, name = '', kind, reference = ''] = /^\/v2\/(.+)\/(blobs|manifests)\/(.*)$/.exec(pathname) ?? [];
    const isWrite = request.method === 'POST' || request.method === 'PUT';
    if (kind === undefined) response.writeHead(200).end();
    else if (request.method === 'POST') response.writeHead(202, { location: `/v2/${name}/blobs/uploads/one` }).end();
    else if (isWrite && kind === 'blobs') {
      const wanted = searchParams.get('digest') ?? '';
      if (digestOf(body) === wanted) blobs.set(wanted, body);
      response.writeHead(digestOf(body) === wanted ? 201 : 400, { 'docker-content-digest': wanted }).end();
    } else if (isWrite) {
      manifests.set(`${name}:${reference}`, body).set(`${name}@${digestOf(body)}`, body);
      response.writeHead(201, { 'docker-content-digest': digestOf(body) }).end();
    } else {
      const named = reference.startsWith('sha256:') ? `${name}@${reference}` : `${name}:${reference}`;
      send(response, request.method, kind === 'blobs' ? blobs.get(reference) : manifests.get(named), kind);
    }
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  return { host: `127.0.0.1:${port}`, manifests };
}

function send(response: ServerResponse, method: string | undefined, content: Buffer | undefined, kind: string): void {
  if (content === undefined) return void response.writeHead(404).end();
  const type = kind === 'blobs' ? 'application/octet-stream' : 'application/vnd.oci.image.manifest.v1+json';
  response.writeHead(200, {
    'content-type': type,
    'content-length': content.length,
    'docker-content-digest': digestOf(content),
  });
  response.end(method === 'HEAD' ? undefined : content);
}
