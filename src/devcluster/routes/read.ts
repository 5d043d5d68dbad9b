import { storageKey } from '../object.ts';
import { type Page, page, predicateOf } from '../reads.ts';
import { groupResource } from '../resource.ts';
import { futureVersionError, notFoundError } from '../status.ts';
import { type Answer, type Call, checkListOptions, integerParameter } from './call.ts';
import { Shape, shapeOf } from './shape.ts';

/** GET of one object or of its status. @throws ApiError 404, 406 */
export function get(call: Call): Answer {
  const shape = shapeOf(call);
  checkReached(call);
  const { resource } = call.served;
  const stored = resource.table.get(storageKey(call.namespace ?? '', call.name));
  if (stored === undefined) throw notFoundError(groupResource(resource), call.name);
  return { code: 200, text: shape.text(stored) };
}

/** A read may ask for a state no older than a resourceVersion: every state here is the newest. @throws ApiError 504 */
function checkReached(call: Call): void {
  const wanted = call.query.get('resourceVersion') ?? '';
  const { revision } = call.cluster.store;
  if (/^\d+$/.test(wanted) && Number(wanted) > revision) throw futureVersionError(wanted, String(revision));
}

/** The page of the collection that the request asks for. @throws ApiError 400, 410, 422, 504 */
export function pageOf(call: Call): Page {
  checkListOptions(call.query);
  const { resource, version } = call.served;
  const { query } = call;
  return page(resource, call.cluster.store.revision, {
    namespace: call.namespace,
    limit: integerParameter(query, 'limit') ?? 0,
    continueToken: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    match: query.get('resourceVersionMatch') ?? '',
    predicate: predicateOf(version, query.get('labelSelector') ?? '', query.get('fieldSelector') ?? ''),
  });
}

/** GET of a collection: one page. @throws ApiError 400, 406, 410, 422, 504 */
export function list(call: Call): Answer {
  const shape = new Shape(call, 'PartialObjectMetadataList');
  const { resource } = call.served;
  const found = pageOf(call);
  const hasToken = found.continueToken !== '' || (resource.hasTypedItems && shape.form === 'full');
  const metadata = {
    // Lists of custom resources have the field always, others when there is a next page: so the real server.
    ...(hasToken ? { continue: found.continueToken } : {}),
    resourceVersion: String(found.revision),
    ...(found.remaining === undefined ? {} : { remainingItemCount: found.remaining }),
  };
  return { code: 200, text: shape.listText(found.items, metadata) };
}
