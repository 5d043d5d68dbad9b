import { parseJsonObject, readBody } from '../body.ts';
import { goValueText } from '../field-error.ts';
import { contentTypeOf, negotiateForm } from '../negotiate.ts';
import { badRequestError } from '../status.ts';
import { type Answer, type Call, decodeBody, writeScope } from './call.ts';

/** POST to a collection. @throws ApiError 400, 403, 404, 406, 409, 413, 415, 422 */
export async function create(call: Call): Promise<Answer> {
  const form = negotiateForm(call.request.headers.accept, 'PartialObjectMetadata');
  contentTypeOf(call.request.headers['content-type'], ['application/json']);
  const body = parseJsonObject(await readBody(call.request));
  const scope = writeScope(call, 'CreateOptions');
  const { object, problems } = decodeBody(call, body, [], 'CreateOptions');
  call.cluster.admit(scope, object.metadata.name);
  const stored = call.cluster.writes.create(scope, object);
  return { code: 201, text: call.served.encoder.text(stored, form), warnings: problems };
}

/** PUT of an object or of a subresource. @throws ApiError 400, 404, 406, 409, 413, 415, 422 */
export async function update(call: Call): Promise<Answer> {
  const form = negotiateForm(call.request.headers.accept, 'PartialObjectMetadata');
  contentTypeOf(call.request.headers['content-type'], ['application/json']);
  const body = parseJsonObject(await readBody(call.request));
  const scope = writeScope(call, 'UpdateOptions');
  const { object, problems } = decodeBody(call, body, [], 'UpdateOptions');
  checkName(call, object.metadata.name);
  const result = call.cluster.writes.update(
    scope,
    call.name,
    (current) => {
      if (current === undefined) call.cluster.admit(scope, call.name);
      return object;
    },
    call.subresource,
  );
  return {
    code: result.isCreated ? 201 : 200,
    text: call.served.encoder.text(result.object, form),
    warnings: problems,
  };
}

function checkName(call: Call, name: string): void {
  if (name === call.name) return;
  if (name === '')
    throw badRequestError('the name of the object (based on URL) was undeterminable: name must be provided');
  throw badRequestError(
    `the name of the object (${name}) does not match the name on the URL (${goValueText(call.name).slice(1, -1)})`,
  );
}
