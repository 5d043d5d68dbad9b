import { parseJson, readBody } from '../body.ts';
import { forbidden, invalid } from '../field-error.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { goTypeOf } from '../json-text.ts';
import { contentTypeOf } from '../negotiate.ts';
import { type ApiObject, apiVersionOf, groupOf } from '../object.ts';
import { jsonPatch } from '../patch/json.ts';
import { mergePatch } from '../patch/merge.ts';
import { strategicMergePatch } from '../patch/strategic.ts';
import { groupResource } from '../resource.ts';
import { ApiError, badRequestError, invalidError, notFoundError } from '../status.ts';
import { apply } from './apply.ts';
import { type Answer, type Call, checkName, decodeBody, warnOfFinalizers, writeScope } from './call.ts';
import { shapeOf } from './shape.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';
const APPLY_PATCH = 'application/apply-patch+yaml';
const noForce = forbidden('force', 'may not be specified for non-apply patch');
const STRATEGIC_PATCH = 'application/strategic-merge-patch+json';

/**
 * PATCH of an object or of a subresource. Custom resources know no strategic merge patch: they answer 415 for it, as
 * with the real server.
 * @throws ApiError 400, 404, 406, 409, 413, 415, 422
 */
export async function patch(call: Call): Promise<Answer> {
  const shape = shapeOf(call);
  const isBuiltin = !call.served.resource.hasTypedItems;
  const supported = [JSON_PATCH, MERGE_PATCH, ...(isBuiltin ? [STRATEGIC_PATCH] : []), APPLY_PATCH];
  const type = contentTypeOf(call.request.headers['content-type'], supported);
  if (type === APPLY_PATCH) return apply(call, shape);
  if (call.query.has('force')) throw invalidError('meta.k8s.io', 'PatchOptions', '', [noForce]);
  const body = parseJson(await readBody(call.request), (words) => `error decoding patch: ${words}`);
  const scope = writeScope(call, 'PatchOptions');
  const change = (current: ApiObject | undefined): ApiObject => {
    if (current === undefined) throw notFoundError(groupResource(call.served.resource), call.name);
    const patched = patchedObject(type, current, body);
    if (!isObject(patched)) throw badRequestError('the patch leaves no object');
    checkVersion(call, patched);
    const object = decodePatched(call, patched);
    checkName(call, object.metadata.name);
    warnOfFinalizers(call, object, current);
    return object;
  };
  const result = call.cluster.writes.update(scope, call.name, change, call.subresource);
  return { code: 200, text: shape.text(result.object) };
}

function patchedObject(type: string, current: ApiObject, body: Json): Json {
  if (type === JSON_PATCH) return jsonPatch(current, body);
  if (body === null) throw badRequestError('Invalid JSON Patch');
  if (!isObject(body)) {
    const words = `json: cannot unmarshal ${goTypeOf(body)} into Go value of type map[string]interface {}`;
    throw badRequestError(`error decoding patch: ${words}`);
  }
  return type === MERGE_PATCH ? mergePatch(current, body) : strategicMergePatch(current, body);
}

/** A patch cannot turn a custom resource into another version's. */
function checkVersion(call: Call, patched: JsonObject): void {
  const { resource, version } = call.served;
  const expected = apiVersionOf(resource.group, version.name);
  if (!resource.hasTypedItems || typeof patched.apiVersion !== 'string' || patched.apiVersion === expected) return;
  const error = invalid('apiVersion', patched.apiVersion, `must be ${expected}`);
  throw invalidError(groupOf(patched.apiVersion), resource.kind, call.name, [error]);
}

/** As any body; but what is wrong with it is the patch's fault, so the answer is 422 here. */
function decodePatched(call: Call, patched: JsonObject): ApiObject {
  try {
    return decodeBody(call, patched, [], 'PatchOptions');
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 400) throw error;
    const words = error.message.replace(/^.* cannot be handled as a \w+: /, '');
    throw invalidError('', '', '', [invalid('patch', JSON.stringify(patched), words)]);
  }
}
