import type { IncomingMessage } from 'node:http';
import { isObject, type Json, type JsonObject } from './json.ts';
import { badRequestError, tooLargeError } from './status.ts';

/** The largest body in bytes, as the real server has it. */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;

/**
 * The whole body. A body over the limit is read to its end and thrown away, so that the answer arrives.
 * @throws ApiError 413
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    sizeBytes += bytes.length;
    if (sizeBytes <= MAX_BODY_BYTES) chunks.push(bytes);
  }
  if (sizeBytes > MAX_BODY_BYTES) throw tooLargeError(MAX_BODY_BYTES);
  return Buffer.concat(chunks);
}

/** The body as JSON. @throws ApiError 400 */
export function parseJson(body: Buffer): Json {
  try {
    const value: Json = JSON.parse(body.toString('utf8'));
    return value;
  } catch (error) {
    const why = error instanceof Error ? error.message : 'no JSON';
    throw badRequestError(`the object provided is unrecognized (must be of type JSON): ${why}`);
  }
}

/** The body as a JSON object. @throws ApiError 400 */
export function parseJsonObject(body: Buffer): JsonObject {
  const value = parseJson(body);
  if (isObject(value)) return value;
  throw badRequestError('the object provided is unrecognized (must be a JSON object)');
}
