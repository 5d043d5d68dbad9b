import { parseJson, parseProtobuf, readBody } from '../body.ts';
import type { DeleteOptions, PropagationPolicy } from '../deletes.ts';
import { listText } from '../encoding.ts';
import { invalid, notSupported } from '../field-error.ts';
import { isObject, type JsonObject, objectOf } from '../json.ts';
import { contentTypeOf, requireJson } from '../negotiate.ts';
import { apiVersionOf } from '../object.ts';
import { PROTOBUF_TYPE } from '../protobuf/decode.ts';
import { ApiError, badRequestError, invalidError } from '../status.ts';
import { type Answer, type Call } from './call.ts';
import { pageOf } from './read.ts';

const policies: readonly PropagationPolicy[] = ['Background', 'Foreground', 'Orphan'];

function fromQuery(query: URLSearchParams): JsonObject {
  const dryRun = query.getAll('dryRun');
  const orphan = query.get('orphanDependents');
  return {
    ...(dryRun.length === 0 ? {} : { dryRun }),
    ...(query.has('propagationPolicy') ? { propagationPolicy: query.get('propagationPolicy') } : {}),
    ...(orphan === null ? {} : { orphanDependents: orphan !== 'false' && orphan !== '0' }),
  };
}

function deleteOptions(raw: JsonObject): DeleteOptions {
  const { preconditions, propagationPolicy, orphanDependents, dryRun } = raw;
  const errors = [];
  const policy = policies.find((name) => name === propagationPolicy);
  if (typeof propagationPolicy === 'string' && policy === undefined)
    errors.push(notSupported('propagationPolicy', propagationPolicy, ['Foreground', 'Background', 'Orphan', 'nil']));
  if (typeof propagationPolicy === 'string' && typeof orphanDependents === 'boolean')
    errors.push(
      invalid('propagationPolicy', propagationPolicy, 'orphanDependents and deletionPropagation cannot be both set'),
    );
  const dryRuns = Array.isArray(dryRun) ? dryRun : [];
  if (dryRuns.some((value) => value !== 'All')) errors.push(notSupported('dryRun', dryRuns, ['All']));
  if (errors.length > 0) throw invalidError('meta.k8s.io', 'DeleteOptions', '', errors);
  const guards = isObject(preconditions) ? preconditions : {};
  return {
    ...(typeof guards.uid === 'string' ? { uid: guards.uid } : {}),
    ...(typeof guards.resourceVersion === 'string' ? { resourceVersion: guards.resourceVersion } : {}),
    ...(policy === undefined ? {} : { propagationPolicy: policy }),
    ...(typeof orphanDependents === 'boolean' ? { orphanDependents } : {}),
    isDryRun: dryRuns.length > 0,
  };
}

function refusal(words: string): string {
  return `couldn't get version/kind; json parse error: ${words}`;
}

async function readOptions(call: Call): Promise<DeleteOptions> {
  const body = await readBody(call.request);
  if (body.length === 0) return deleteOptions(fromQuery(call.query));
  const type = contentTypeOf(call.request.headers['content-type'], ['application/json', PROTOBUF_TYPE]);
  const raw = type === PROTOBUF_TYPE ? parseProtobuf(body) : objectOf(parseJson(body, refusal));
  if (raw.kind !== undefined && raw.kind !== 'DeleteOptions')
    throw badRequestError('decoded object cannot be converted to DeleteOptions');
  return deleteOptions(raw);
}

/** DELETE of one object. Answers its last state while something holds it, else a Status. @throws ApiError 403, 404, 409, 422 */
export async function remove(call: Call): Promise<Answer> {
  requireJson(call.request.headers.accept);
  const options = await readOptions(call);
  const { resource, encoder } = call.served;
  const { object, isGone } = call.cluster.deletes.delete(resource, call.namespace ?? '', call.name, options);
  if (!isGone || resource.strategy.returnsDeleted) {
    const isAccepted = !isGone && options.orphanDependents === false;
    return { code: isAccepted ? 202 : 200, text: encoder.text(object, 'full') };
  }
  const { name, uid } = object.metadata;
  const details = { name, ...(resource.group === '' ? {} : { group: resource.group }), kind: resource.plural, uid };
  return {
    code: 200,
    text: JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }),
  };
}

/** DELETE of a collection: all that the selectors match. Answers the list as it was. @throws ApiError 400, 403, 422 */
export async function removeCollection(call: Call): Promise<Answer> {
  requireJson(call.request.headers.accept);
  const options = await readOptions(call);
  const { resource, version, encoder } = call.served;
  const found = pageOf(call);
  for (const object of found.items) removeOne(call, object.metadata.namespace ?? '', object.metadata.name, options);
  const items = found.items.map((stored) => encoder.itemText(stored, 'full', resource.hasTypedItems));
  const revision = { resourceVersion: String(found.revision) };
  const metadata = resource.hasTypedItems ? { continue: found.continueToken, ...revision } : revision;
  return { code: 200, text: listText(resource.listKind, apiVersionOf(resource.group, version.name), metadata, items) };
}

function removeOne(call: Call, namespace: string, name: string, options: DeleteOptions): void {
  try {
    call.cluster.deletes.delete(call.served.resource, namespace, name, options);
  } catch (error) {
    // Someone else was first: that is what was asked for.
    if (!(error instanceof ApiError) || error.code !== 404) throw error;
  }
}
