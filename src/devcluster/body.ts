import type { IncomingMessage } from 'node:http';
import { parse } from 'yaml';
import { isObject, type Json, type JsonObject } from './json.ts';
import { duplicateKeys, goTypeOf, summary, syntaxProblem } from './json-text.ts';
import { contentTypeOf } from './negotiate.ts';
import { decodeProtobuf, hasProtobuf, PROTOBUF_TYPE } from './protobuf/decode.ts';
import type { Resource } from './resource.ts';
import { badRequestError, tooLargeError } from './status.ts';

/** The largest body in bytes, as the real server has it. */
const MAX_BODY_BYTES = 3 * 1024 * 1024;

/** An object from a body, and the paths of keys that stood in it twice. */
export interface ObjectBody {
  readonly object: JsonObject;
  readonly duplicates: readonly string[];
}

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

/** The body as JSON; `problem` makes the message from the decoder's words. @throws ApiError 400 */
export function parseJson(body: Buffer, problem: (words: string) => string): Json {
  try {
    const value: Json = JSON.parse(body.toString('utf8'));
    return value;
  } catch (error) {
    throw badRequestError(problem(syntaxProblem(error)));
  }
}

/** The body as YAML, of which JSON is a part. @throws ApiError 400 */
export function parseYaml(body: Buffer): Json {
  try {
    const value: Json = parse(body.toString('utf8'), { version: '1.1', maxAliasCount: 100 });
    return value;
  } catch (error) {
    const [why] = (error instanceof Error ? error.message : 'no YAML').split(' at line');
    throw badRequestError(`error decoding YAML: error converting YAML to JSON: yaml: ${why}`);
  }
}

/** The body as protobuf. @throws ApiError 400 */
export function parseProtobuf(body: Buffer): JsonObject {
  try {
    return decodeProtobuf(body);
  } catch (error) {
    throw badRequestError(error instanceof Error ? error.message : 'no protobuf');
  }
}

const HEADER =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

/** The body of a request as an object of a kind, from JSON, YAML or, for built-in kinds, protobuf. @throws ApiError 400, 413, 415 */
export async function readObject(
  request: IncomingMessage,
  { kind, group, hasTypedItems }: Pick<Resource, 'kind' | 'group' | 'hasTypedItems'>,
): Promise<ObjectBody> {
  const known = [
    'application/json',
    'application/yaml',
    ...(!hasTypedItems && hasProtobuf(group, kind) ? [PROTOBUF_TYPE] : []),
  ];
  const type = contentTypeOf(request.headers['content-type'], known);
  const body = await readBody(request);
  const refuse = (words: string) =>
    `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${words} (${summary(body)})`;
  if (type === PROTOBUF_TYPE) return { object: parseProtobuf(body), duplicates: [] };
  const isYaml = type === 'application/yaml';
  const value = isYaml ? parseYaml(body) : parseJson(body, refuse);
  if (!isObject(value))
    throw badRequestError(refuse(`json: cannot unmarshal ${goTypeOf(value)} into Go value of type ${HEADER}`));
  for (const field of ['kind', 'apiVersion']) {
    const found = value[field];
    if (found === undefined || typeof found === 'string') continue;
    throw badRequestError(
      refuse(`json: cannot unmarshal ${goTypeOf(found)} into Go struct field .${field} of type string`),
    );
  }
  return { object: value, duplicates: isYaml ? [] : duplicateKeys(body.toString('utf8')) };
}
