import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterUpdate, type Manager, type Tracking } from '../apply/managers.ts';
import type { Cluster } from '../cluster.ts';
import { forbidden, invalid, notSupported } from '../field-error.ts';
import { type JsonObject, objectOf, textOf } from '../json.ts';
import { summary } from '../json-text.ts';
import { type ApiObject, apiVersionOf } from '../object.ts';
import type { ServedResource } from '../registry.ts';
import type { DecodedObject, Resource, Subresource } from '../resource.ts';
import { ApiError, badRequestError, invalidError } from '../status.ts';
import { timestamp, type WriteScope } from '../writes.ts';

/** One authenticated request for a resource. */
export interface Call {
  readonly cluster: Cluster;
  readonly served: ServedResource;
  /** undefined: all namespaces, or a cluster-scoped resource. */
  readonly namespace: string | undefined;
  /** '' for the collection. */
  readonly name: string;
  readonly subresource: Subresource | undefined;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** A whole answer. `text` is JSON. */
export interface Answer {
  readonly code: number;
  readonly text: string;
}

/** Tells the client something beside the answer, whatever that will be. */
export function warn(call: Call, text: string): void {
  // A header is Latin-1 without line breaks; what is not is dropped.
  const quoted = text.replace(/[^\x20-\x7e]/g, '').replace(/["\\]/g, '\\$&');
  call.response.appendHeader('warning', `299 - "${quoted}"`);
}

/** Finalizers that another controller may use as well: custom resources are warned of new ones. */
export function warnOfFinalizers(call: Call, object: ApiObject, old: ApiObject | undefined): void {
  if (!call.served.resource.hasTypedItems) return;
  const known = new Set(['orphan', 'foregroundDeletion', 'kubernetes', ...(old?.metadata.finalizers ?? [])]);
  const added = (object.metadata.finalizers ?? []).filter((name) => !name.includes('/') && !known.has(name));
  for (const name of [...new Set(added)].sort()) {
    const path = name.includes('.') ? ' including a path (/)' : '';
    const text = `prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`;
    warn(call, `metadata.finalizers: ${JSON.stringify(name)}: ${text}`);
  }
}

/** The options that all writes share, checked. @throws ApiError 422 */
export function writeScope(call: Call, optionsKind: string): WriteScope {
  const dryRun = call.query.getAll('dryRun');
  const bad = dryRun.find((value) => value !== 'All');
  if (bad !== undefined) throw invalidError('meta.k8s.io', optionsKind, '', [notSupported('dryRun', dryRun, ['All'])]);
  const manager = call.query.get('fieldManager') ?? '';
  if (manager.length > 128) {
    const error = invalid('fieldManager', manager, 'may not be more than 128 bytes');
    throw invalidError('meta.k8s.io', optionsKind, '', [error]);
  }
  const { resource, version } = call.served;
  const writer = managerOf(call, 'Update');
  return {
    resource,
    version,
    namespace: call.namespace ?? '',
    isDryRun: dryRun.length > 0,
    managedFields: (old, updated) =>
      old === undefined ? undefined : afterUpdate(old, updated, writer, trackingOf(call)),
  };
}

/** Who writes: the fieldManager, or the name of the program. */
export function managerOf(call: Call, operation: Manager['operation']): Manager {
  const { resource, version } = call.served;
  const given = call.query.get('fieldManager') ?? '';
  const program = (call.request.headers['user-agent'] ?? '').split('/')[0]?.slice(0, 128) ?? '';
  return {
    name: given === '' ? program || 'unknown' : given,
    operation,
    apiVersion: apiVersionOf(resource.group, version.name),
    subresource: call.subresource ?? '',
  };
}

/** How the fields of the call's resource are tracked. */
export function trackingOf(call: Call): Tracking {
  const { version } = call.served;
  return {
    type: version.mergeType,
    hasStatus: version.subresources.includes('status'),
    now: timestamp(call.cluster.clock.now()),
  };
}

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** What to do with unknown fields: by default a warning each. @throws ApiError 422 */
function fieldValidation(call: Call, optionsKind: string): FieldValidation {
  const value = call.query.get('fieldValidation') ?? '';
  if (value === '') return 'Warn';
  if (value === 'Strict' || value === 'Warn' || value === 'Ignore') return value;
  const error = notSupported('fieldValidation', value, ['', 'Ignore', 'Strict', 'Warn']);
  throw invalidError('meta.k8s.io', optionsKind, '', [error]);
}

/**
 * A body as an object of the call's version. Unknown fields are warned of, unless the request says otherwise.
 * @throws ApiError 400 for another kind or version, and for unknown fields under Strict
 */
export function decodeBody(
  call: Call,
  body: JsonObject,
  extraProblems: readonly string[],
  optionsKind: string,
): ApiObject {
  const { resource, version } = call.served;
  if (resource.hasTypedItems) requireType(resource, body);
  const expected = apiVersionOf(resource.group, version.name);
  const kind = textOf(body.kind) === '' ? resource.kind : textOf(body.kind);
  const apiVersion = textOf(body.apiVersion) === '' ? expected : textOf(body.apiVersion);
  checkType(resource, version.name, kind, apiVersion, textOf(objectOf(body.metadata).name));
  const mode = fieldValidation(call, optionsKind);
  const decoded = decodeAs(call, { ...body, kind, apiVersion });
  const problems = [...extraProblems, ...decoded.problems];
  if (mode === 'Strict' && problems.length > 0)
    throw badRequestError(
      `${kind} in version ${JSON.stringify(version.name)} cannot be handled as a ${resource.kind}: strict decoding error: ${problems.join(', ')}`,
    );
  if (mode === 'Warn') for (const problem of problems) warn(call, problem);
  return decoded.object;
}

/** Custom resources are decoded without knowing their type: the body must name it. */
function requireType(resource: Resource, body: JsonObject): void {
  const missing = textOf(body.kind) === '' ? 'Kind' : textOf(body.apiVersion) === '' ? 'apiVersion' : undefined;
  if (missing === undefined) return;
  const text = JSON.stringify(body);
  const what = `the object provided is unrecognized (must be of type ${resource.kind})`;
  throw badRequestError(`${what}: Object '${missing}' is missing in '${text}' (${summary(Buffer.from(text))})`);
}

function checkType(resource: Resource, version: string, kind: string, apiVersion: string, name: string): void {
  const expected = apiVersionOf(resource.group, version);
  const isBuiltin = !resource.hasTypedItems;
  const as = (given: string) => `${kind} in version ${JSON.stringify(given)} cannot be handled as a ${resource.kind}`;
  if (apiVersion !== expected && isBuiltin)
    throw badRequestError(
      `${as(versionIn(apiVersion))}: no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`,
    );
  if (apiVersion !== expected)
    throw badRequestError(
      `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
    );
  if (kind === resource.kind) return;
  if (!isBuiltin) throw invalidError(resource.group, kind, name, [invalid('kind', kind, `must be ${resource.kind}`)]);
  const internal = resource.group === '' ? 'core' : (resource.group.split('.')[0] ?? '');
  throw badRequestError(
    `${as(version)}: converting (${version}.${kind}) to (${internal}.${resource.kind}): unknown conversion`,
  );
}

function versionIn(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1);
}

/** As the version decodes it; the words of an error say what was to become what. */
function decodeAs(call: Call, body: JsonObject): DecodedObject {
  const { resource, version } = call.served;
  try {
    return version.decode(body);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const what = `${resource.kind} in version ${JSON.stringify(version.name)} cannot be handled as a ${resource.kind}`;
    throw badRequestError(`${what}: ${error.message}`);
  }
}

/** Query parameters of a list or watch that are whole numbers. @throws ApiError 400 */
export function integerParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^-?\d{1,15}$/.test(text))
    throw badRequestError(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
  return Number(text);
}

/** Query parameters that are yes or no; anything but 0 and false is yes, as in the real server. */
export function isSet(query: URLSearchParams, name: string): boolean {
  const text = query.get(name);
  return text !== null && text !== '0' && text.toLowerCase() !== 'false';
}

/** Checks resourceVersionMatch and sendInitialEvents. @throws ApiError 422 as the real server has it */
export function checkListOptions(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const isWatch = isSet(query, 'watch');
  const hasInitialEvents = query.has('sendInitialEvents');
  const errors = [];
  if (match !== '' && (query.get('continue') ?? '') !== '')
    errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
  if (isWatch) {
    if (hasInitialEvents && match !== 'NotOlderThan')
      errors.push(
        forbidden('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'),
      );
    if (match !== '' && !hasInitialEvents)
      errors.push(
        forbidden(
          'resourceVersionMatch',
          'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
        ),
      );
    if (match !== '' && match !== 'NotOlderThan')
      errors.push(notSupported('resourceVersionMatch', match, ['NotOlderThan']));
  } else {
    if (match !== '' && (query.get('resourceVersion') ?? '') === '')
      errors.push(
        forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'),
      );
    if (match !== '' && match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && query.get('resourceVersion') === '0')
      errors.push(
        forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
      );
    if (hasInitialEvents) errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  }
  if (errors.length > 0) throw invalidError('meta.k8s.io', 'ListOptions', '', errors);
}

/** Whether a body is about the object that the path names. @throws ApiError 400 */
export function checkName(call: Call, name: string): void {
  if (name === call.name) return;
  if (name === '') {
    const words = `the name of the object (${call.name} based on URL) was undeterminable: name must be provided`;
    throw badRequestError(words);
  }
  throw badRequestError(`the name of the object (${name}) does not match the name on the URL (${call.name})`);
}
