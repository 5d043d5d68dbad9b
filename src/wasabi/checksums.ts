import { createHash } from 'node:crypto';

interface RequestLike {
  headers: Record<string, string>;
  body?: unknown;
}

const CHECKSUM_HEADER = /^x-amz-(?:checksum-|sdk-checksum-algorithm$)/i;

/**
 * Replaces the SDK's CRC headers by Content-MD5 on a request with a body. The SDK sends a CRC32 even with
 * `WHEN_REQUIRED` and never Content-MD5; S3-compatible stores have refused DeleteObjects, lifecycle and object lock
 * calls for that (aws-sdk-js-v3 issue 6920), and Content-MD5 is what every one of them takes.
 * Runs after the SDK's own checksum middleware (step `build`) and before signing.
 */
export function useContentMd5(request: unknown): void {
  if (!isRequest(request)) return;
  for (const name of Object.keys(request.headers)) {
    if (CHECKSUM_HEADER.test(name)) delete request.headers[name];
  }
  const { body } = request;
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return;
  if (body.length > 0) request.headers['content-md5'] = createHash('md5').update(body).digest('base64');
}

function isRequest(request: unknown): request is RequestLike {
  return typeof request === 'object' && request !== null && 'headers' in request;
}
