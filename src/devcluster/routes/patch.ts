import { parseJson, readBody } from '../body.ts';
import { isObject, type Json } from '../json.ts';
import { contentTypeOf, negotiateForm } from '../negotiate.ts';
import type { ApiObject } from '../object.ts';
import { jsonPatch } from '../patch/json.ts';
import { mergePatch } from '../patch/merge.ts';
import { groupResource } from '../resource.ts';
import { badRequestError, notFoundError } from '../status.ts';
import { type Answer, type Call, decodeBody, writeScope } from './call.ts';

const JSON_PATCH = 'application/json-patch+json';
const MERGE_PATCH = 'application/merge-patch+json';

/**
 * PATCH of an object or of a subresource. A strategic merge patch and server-side apply are answered with 415: a
 * client is told, and nothing is merged by other rules than it meant.
 * @throws ApiError 400, 404, 406, 409, 413, 415, 422
 */
export async function patch(call: Call): Promise<Answer> {
  const form = negotiateForm(call.request.headers.accept, 'PartialObjectMetadata');
  const type = contentTypeOf(call.request.headers['content-type'], [JSON_PATCH, MERGE_PATCH]);
  const body = parseJson(await readBody(call.request));
  if (type === MERGE_PATCH && !isObject(body)) throw badRequestError('a merge patch is a JSON object');
  const scope = writeScope(call, 'PatchOptions');
  let warnings: readonly string[] = [];
  const change = (current: ApiObject | undefined): ApiObject => {
    if (current === undefined) throw notFoundError(groupResource(call.served.resource), call.name);
    const patched = patchedObject(type, current, body);
    if (!isObject(patched)) throw badRequestError('the patch leaves no object');
    const { object, problems } = decodeBody(call, patched, [], 'PatchOptions');
    warnings = problems;
    return object;
  };
  const result = call.cluster.writes.update(scope, call.name, change, call.subresource);
  return { code: 200, text: call.served.encoder.text(result.object, form), warnings };
}

function patchedObject(type: string, current: ApiObject, body: Json): Json {
  return type === JSON_PATCH ? jsonPatch(current, body) : mergePatch(current, body);
}
