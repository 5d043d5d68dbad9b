import type { Form } from './encoding.ts';
import { notAcceptableError, unsupportedMediaTypeError } from './status.ts';

interface MediaType {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** What a client may ask an answer to be. */
const JSON_TYPES = ['application/json'];

/** One media type with its parameters, both in lower case but for the values. */
function parseMediaType(text: string): MediaType {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim());
  const parameters = rest.flatMap((part): [string, string][] => {
    const equals = part.indexOf('=');
    if (equals < 0) return [];
    return [
      [
        part.slice(0, equals).trim().toLowerCase(),
        part
          .slice(equals + 1)
          .trim()
          .replace(/^"(.*)"$/, '$1'),
      ],
    ];
  });
  return { type: type.toLowerCase(), parameters: new Map(parameters) };
}

/** The media types of an `Accept` header, the most wanted first. */
function acceptedTypes(header: string | undefined): readonly MediaType[] {
  if (header === undefined || header.trim() === '') return [parseMediaType('*/*')];
  const types = header.split(',').map(parseMediaType);
  const weight = (type: MediaType) => Number(type.parameters.get('q') ?? '1');
  return types
    .map((type, index) => ({ type, index }))
    .sort((a, b) => weight(b.type) - weight(a.type) || a.index - b.index)
    .map(({ type }) => type);
}

function isJson(type: MediaType): boolean {
  return type.type === 'application/json' || type.type === 'application/*' || type.type === '*/*';
}

function formOf(type: MediaType, kinds: readonly string[]): Form | undefined {
  const as = type.parameters.get('as');
  if (as === undefined) return 'full';
  const isMeta = type.parameters.get('g') === 'meta.k8s.io' && type.parameters.get('v') === 'v1';
  if (!isMeta) return undefined;
  if (as === 'Table') return 'table';
  return kinds.includes(as) ? 'metadata' : undefined;
}

/**
 * The form of an answer. `partialKind`: what `as=` may say for metadata alone (PartialObjectMetadata, or its list).
 * A type that this server has not (protobuf, YAML) is passed over for the next one.
 * @throws ApiError 406
 */
export function negotiateForm(accept: string | undefined, partialKind: string): Form {
  for (const type of acceptedTypes(accept)) {
    const form = isJson(type) ? formOf(type, [partialKind]) : undefined;
    if (form !== undefined) return form;
  }
  throw notAcceptableError(JSON_TYPES, acceptedTypes(accept).some(isJson));
}

/** Checks that JSON, whole, is an answer the client takes. @throws ApiError 406 */
export function requireJson(accept: string | undefined): void {
  if (!acceptedTypes(accept).some(isJson)) throw notAcceptableError(JSON_TYPES, false);
}

/** The Content-Type of a body; without one it is JSON. @throws ApiError 415 when it is none of `supported` */
export function contentTypeOf(header: string | undefined, supported: readonly string[]): string {
  const type = header === undefined || header === '' ? 'application/json' : parseMediaType(header).type;
  if (!supported.includes(type)) throw unsupportedMediaTypeError(supported);
  return type;
}
