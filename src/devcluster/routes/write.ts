import { readObject } from '../body.ts';
import type { ApiObject } from '../object.ts';
import { groupResource } from '../resource.ts';
import { conflictError } from '../status.ts';
import { type Answer, type Call, checkName, decodeBody, warnOfFinalizers, writeScope } from './call.ts';
import { shapeOf } from './shape.ts';

/** POST to a collection. @throws ApiError 400, 403, 404, 406, 409, 413, 415, 422 */
export async function create(call: Call): Promise<Answer> {
  const shape = shapeOf(call);
  const { object: body, duplicates } = await readObject(call.request, call.served.resource);
  const scope = writeScope(call, 'CreateOptions');
  const object = decodeBody(call, body, doubled(duplicates), 'CreateOptions');
  call.cluster.admit(scope, object.metadata.name);
  const stored = call.cluster.writes.create(scope, object);
  warnOfFinalizers(call, object, undefined);
  return { code: 201, text: shape.text(stored) };
}

/** PUT of an object or of a subresource. @throws ApiError 400, 404, 406, 409, 413, 415, 422 */
export async function update(call: Call): Promise<Answer> {
  const shape = shapeOf(call);
  const { object: body, duplicates } = await readObject(call.request, call.served.resource);
  const scope = writeScope(call, 'UpdateOptions');
  const object = decodeBody(call, body, doubled(duplicates), 'UpdateOptions');
  checkName(call, object.metadata.name);
  const result = call.cluster.writes.update(
    scope,
    call.name,
    (current) => {
      if (current === undefined) call.cluster.admit(scope, call.name);
      else checkUid(call, object, current);
      warnOfFinalizers(call, object, current);
      return object;
    },
    call.subresource,
  );
  return {
    code: result.isCreated ? 201 : 200,
    text: shape.text(result.object),
  };
}

/** A uid in the body of a PUT is a precondition; the words are those of the real server's storage. */
function checkUid(call: Call, object: ApiObject, current: ApiObject): void {
  const { uid } = object.metadata;
  if (uid === '' || uid === current.metadata.uid) return;
  const { resource } = call.served;
  const key = ['/registry', resource.group, resource.plural, call.namespace, call.name].filter(Boolean).join('/');
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`;
  const error = `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`;
  throw conflictError(groupResource(resource), call.name, error);
}

function doubled(paths: readonly string[]): readonly string[] {
  return paths.map((path) => `duplicate field "${path}"`);
}
