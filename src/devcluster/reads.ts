import { isObject } from './json.ts';
import type { ApiObject } from './object.ts';
import type { Resource, ResourceVersion } from './resource.ts';
import { type FieldTerm, fieldTerms, labelPredicate, type Predicate } from './selectors.ts';
import { badRequestError, expiredError, futureVersionError } from './status.ts';

/** One page of a list: stored objects in list order. */
export interface Page {
  readonly items: readonly ApiObject[];
  readonly revision: number;
  readonly continueToken: string;
  /** How many come after this page; undefined when a selector makes it unknown, or when there are none. */
  readonly remaining: number | undefined;
}

export interface PageRequest {
  readonly namespace: string | undefined;
  /** 0: no limit. */
  readonly limit: number;
  readonly continueToken: string;
  readonly resourceVersion: string;
  readonly match: string;
  readonly predicate: Predicate | undefined;
}

interface Continuation {
  readonly revision: number;
  /** The first key that may come. */
  readonly start: string;
}

const EXPIRED_CONTINUE =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

function encodeContinue(revision: number, start: string): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start })).toString('base64url');
}

function decodeContinue(token: string): Continuation {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    if (
      isObject(value) &&
      value.v === 'meta.k8s.io/v1' &&
      typeof value.rv === 'number' &&
      typeof value.start === 'string'
    )
      return { revision: value.rv, start: value.start };
  } catch {
    // Whatever is wrong with the token, the answer below names it.
  }
  throw badRequestError('invalid continue token: continue key is not valid: incorrect encoding');
}

/** The label and field selectors of a request as one predicate over stored objects; undefined: everything matches. */
export function predicateOf(version: ResourceVersion, labels: string, fields: string): Predicate | undefined {
  const byLabel = labels === '' ? undefined : labelPredicate(labels);
  const terms = fields === '' ? [] : fieldTerms(fields);
  if (terms.length > 0) checkFields(version, terms);
  if (byLabel === undefined && terms.length === 0) return undefined;
  return (object) => (byLabel?.(object.metadata.labels ?? {}) ?? true) && hasFields(version, object, terms);
}

const everywhere = new Set(['metadata.name', 'metadata.namespace']);

function checkFields(version: ResourceVersion, terms: readonly FieldTerm[]): void {
  for (const { field } of terms) {
    if (everywhere.has(field) || version.selectableFieldNames.includes(field)) continue;
    throw badRequestError(version.fieldProblem(field));
  }
}

function hasFields(version: ResourceVersion, object: ApiObject, terms: readonly FieldTerm[]): boolean {
  if (terms.length === 0) return true;
  const { name, namespace } = object.metadata;
  const values = new Map(Object.entries(version.selectableFields(object)));
  values.set('metadata.name', name).set('metadata.namespace', namespace ?? '');
  return terms.every(({ field, operator, value }) => ((values.get(field) ?? '') === value) === (operator === '='));
}

/** The revision that a list is asked for; undefined: the newest. */
function wantedRevision(request: PageRequest, newest: number): number | undefined {
  const text = request.resourceVersion;
  if (text === '' || text === '0') return undefined;
  if (!/^\d+$/.test(text))
    throw badRequestError(
      `invalid resource version: resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`,
    );
  const revision = Number(text);
  if (revision > newest) throw futureVersionError(text, String(newest));
  const isExact = request.match === 'Exact' || (request.match === '' && request.limit > 0);
  return isExact ? revision : undefined;
}

/**
 * One page of a resource as of one revision, in list order.
 * @throws ApiError 400 for a bad token or resourceVersion, 410 when the revision is forgotten, 504 when it is to come
 */
export function page(resource: Resource, newest: number, request: PageRequest): Page {
  const { table } = resource;
  const from = request.continueToken === '' ? undefined : decodeContinue(request.continueToken);
  // A negative revision stands for "go on with what is there now": the token of an expired answer.
  const isInconsistent = from !== undefined && from.revision < 0;
  const wanted = from === undefined ? wantedRevision(request, newest) : isInconsistent ? undefined : from.revision;
  const revision = wanted ?? newest;
  const entries = table.snapshot(revision);
  if (entries === undefined) {
    if (from !== undefined) throw expiredError(EXPIRED_CONTINUE, encodeContinue(-1, from.start));
    throw expiredError(`The resourceVersion for the provided list is too old.`);
  }
  const prefix = request.namespace === undefined ? '' : `${request.namespace}/`;
  const items: ApiObject[] = [];
  let lastKey = '';
  let skipped = 0;
  for (const [key, object] of entries) {
    if (!key.startsWith(prefix) || (from !== undefined && key < from.start)) continue;
    if (request.predicate !== undefined && !request.predicate(object)) continue;
    if (request.limit > 0 && items.length >= request.limit) {
      skipped += 1;
      continue;
    }
    items.push(object);
    lastKey = key;
  }
  return {
    items,
    revision,
    continueToken: skipped === 0 ? '' : encodeContinue(revision, `${lastKey}\0`),
    remaining: skipped === 0 || request.predicate !== undefined ? undefined : skipped,
  };
}
