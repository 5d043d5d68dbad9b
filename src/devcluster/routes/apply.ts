import { type Applied, applyConfig } from '../apply/apply.ts';
import { parseYaml, readBody } from '../body.ts';
import { required } from '../field-error.ts';
import { isObject, type JsonObject, objectOf, textOf } from '../json.ts';
import { goTypeOf } from '../json-text.ts';
import { type ApiObject, apiVersionOf, storageKey } from '../object.ts';
import { groupResource } from '../resource.ts';
import { ApiError, badRequestError, conflictError, invalidError, notFoundError } from '../status.ts';
import type { WriteScope } from '../writes.ts';
import {
  type Answer,
  type Call,
  checkName,
  isSet,
  managerOf,
  trackingOf,
  warnOfFinalizers,
  writeScope,
} from './call.ts';
import type { Shape } from './shape.ts';

async function readConfig(call: Call): Promise<ApiObject> {
  const body = parseYaml(await readBody(call.request)) ?? {};
  if (!isObject(body)) {
    const words = `while decoding JSON: json: cannot unmarshal ${goTypeOf(body)} into Go value of type map[string]interface {}`;
    throw badRequestError(`error decoding YAML: error unmarshaling JSON: ${words}`);
  }
  checkType(call, body);
  if (objectOf(body.metadata).managedFields !== undefined) throw badRequestError('metadata.managedFields must be nil');
  const { object, problems } = call.served.version.decodePartial(body);
  const [unknown] = problems;
  if (unknown !== undefined) throw untypedError(body, unknown);
  checkName(call, object.metadata.name === '' ? call.name : object.metadata.name);
  return object;
}

function checkType(call: Call, body: JsonObject): void {
  const { resource, version } = call.served;
  const apiVersion = apiVersionOf(resource.group, version.name);
  if (body.apiVersion === apiVersion && body.kind === resource.kind) return;
  const given = textOf(body.apiVersion);
  // The core group has no name before the slash.
  throw badRequestError(`invalid object type: ${given.includes('/') ? given : `/${given}`}, Kind=${textOf(body.kind)}`);
}

/** A configuration cannot own a field that the schema does not know: the real server answers 500 to one. */
function untypedError(body: JsonObject, problem: string): ApiError {
  const { name, namespace } = objectOf(body.metadata);
  const field = /"(.*)"/.exec(problem)?.[1] ?? '';
  const what = `${textOf(namespace)}/${textOf(name)}; ${textOf(body.apiVersion)}, Kind=${textOf(body.kind)}`;
  const message = `failed to create typed patch object (${what}): .${field}: field not declared in schema`;
  return new ApiError({ code: 500, reason: '', message });
}

/** What applies to fields: a configuration names neither uid nor version, but may guard by them. */
function contentOf(config: ApiObject): JsonObject {
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...metadata } = config.metadata;
  return { ...config, metadata };
}

function emptyLike(config: ApiObject): ApiObject {
  const metadata = { name: config.metadata.name, uid: '', resourceVersion: '', creationTimestamp: '' };
  return { apiVersion: config.apiVersion, kind: config.kind, metadata };
}

/** The object that the apply makes, ready to be written, and who owns what in it. */
function applied(call: Call, live: ApiObject, config: ApiObject): Applied & { readonly next: ApiObject } {
  const force = isSet(call.query, 'force');
  const options = { force, tracking: trackingOf(call) };
  const result = applyConfig(live, contentOf(config), managerOf(call, 'Apply'), options);
  const { resourceVersion, uid } = config.metadata;
  const metadata = {
    ...live.metadata,
    ...objectOf(result.object.metadata),
    uid: uid === '' ? live.metadata.uid : uid,
    resourceVersion: resourceVersion === '' ? live.metadata.resourceVersion : resourceVersion,
    creationTimestamp: live.metadata.creationTimestamp,
    name: call.name,
  };
  const { apiVersion, kind } = config;
  const next = call.served.version.complete({ ...result.object, apiVersion, kind, metadata: pruned(metadata, result) });
  return { ...result, next };
}

/** Metadata that the apply took away must not come back from the live object. */
function pruned(metadata: ApiObject['metadata'], result: Applied): ApiObject['metadata'] {
  const kept = objectOf(result.object.metadata);
  const { labels, annotations, finalizers, ownerReferences, ...rest } = metadata;
  return {
    ...rest,
    ...(kept.labels === undefined || labels === undefined ? {} : { labels }),
    ...(kept.annotations === undefined || annotations === undefined ? {} : { annotations }),
    ...(kept.finalizers === undefined || finalizers === undefined ? {} : { finalizers }),
    ...(kept.ownerReferences === undefined || ownerReferences === undefined ? {} : { ownerReferences }),
  };
}

function create(call: Call, scope: WriteScope, config: ApiObject): ApiObject {
  const { resource } = call.served;
  if (call.subresource !== undefined) throw notFoundError(groupResource(resource), call.name);
  const { uid } = config.metadata;
  if (uid !== '') {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflictError(groupResource(resource), call.name, why);
  }
  call.cluster.admit(scope, call.name);
  const { next, managedFields } = applied(call, emptyLike(config), config);
  return call.cluster.writes.create({ ...scope, managedFields: () => managedFields }, next);
}

/**
 * PATCH with a configuration to apply: creates the object, or changes what the configuration names and takes away what
 * this field manager applied before and names no longer.
 * @throws ApiError 400, 404, 409, 413, 422
 */
export async function apply(call: Call, shape: Shape): Promise<Answer> {
  const scope = writeScope(call, 'PatchOptions');
  if ((call.query.get('fieldManager') ?? '') === '') {
    const error = required('fieldManager', 'is required for apply patch');
    throw invalidError('meta.k8s.io', 'PatchOptions', '', [error]);
  }
  const config = await readConfig(call);
  const { resource } = call.served;
  if (resource.table.get(storageKey(call.namespace ?? '', call.name)) === undefined)
    return { code: 201, text: shape.text(create(call, scope, config)) };
  let managedFields: Applied['managedFields'];
  const change = (current: ApiObject | undefined): ApiObject => {
    if (current === undefined) throw notFoundError(groupResource(resource), call.name);
    const result = applied(call, current, config);
    warnOfFinalizers(call, result.next, current);
    managedFields = result.managedFields;
    return result.next;
  };
  const scoped = { ...scope, managedFields: () => managedFields };
  const { object } = call.cluster.writes.update(scoped, call.name, change, call.subresource);
  return { code: 200, text: shape.text(object) };
}
