import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { isObject, type Json, type JsonObject } from './json.ts';
import { contentTypeOf } from './negotiate.ts';
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

function parseYaml(body: Buffer): Json {
  try {
    const value: Json = parse(body.toString('utf8'), { version: '1.1', maxAliasCount: 100 });
    return value;
  } catch (error) {
    throw badRequestError(`yaml: ${error instanceof Error ? error.message : 'no YAML'}`);
  }
}

/** The body of a request as an object, from JSON or YAML. @throws ApiError 400, 413, 415 */
export async function readObject(request: IncomingMessage): Promise<JsonObject> {
  const type = contentTypeOf(request.headers['content-type'], ['application/json', 'application/yaml']);
  const body = await readBody(request);
  return objectIn(type === 'application/yaml' ? parseYaml(body) : parseJson(body));
}

/** The value if it is an object. @throws ApiError 400 */
export function objectIn(value: Json): JsonObject {
  if (isObject(value)) return value;
  throw badRequestError('the object provided is unrecognized (must be a JSON object)');
}
