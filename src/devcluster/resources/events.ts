import { type FieldError, invalid, required } from '../field-error.ts';
import { isEqual, type JsonObject, objectOf, omit, textOf } from '../json.ts';
import { qualifiedNameProblems } from '../names.ts';
import type { ApiObject } from '../object.ts';
import type { FieldType, StructType } from '../typed.ts';
import type { BuiltinKind } from './builtin.ts';
import { eventColumns } from './event-columns.ts';

/*
 * Events have two views, of the core group and of events.k8s.io, over one table. They are stored as the core group
 * has them. Source: kubernetes, pkg/apis/core/validation/events.go and pkg/apis/events/v1/conversion.go.
 */

const referenceType: StructType = {
  name: 'ObjectReference',
  fields: {
    kind: 'string',
    namespace: 'string',
    name: 'string',
    uid: 'string',
    apiVersion: 'string',
    resourceVersion: 'string',
    fieldPath: 'string',
  },
};
const sourceType: FieldType = { name: 'EventSource', fields: { component: 'string', host: 'string' } };
const seriesType: FieldType = { name: 'EventSeries', fields: { count: 'int', lastObservedTime: 'microtime' } };

/** The names that differ: of the core group, and of events.k8s.io. */
const renamed: readonly (readonly [string, string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

function rename(object: ApiObject, pairs: readonly (readonly [string, string])[]): JsonObject {
  const names = new Map(pairs);
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names.get(key) ?? key, value]));
}

/** The stored form with the empty values that the real server prints. */
function coreView(stored: ApiObject): ApiObject {
  return {
    ...stored,
    involvedObject: objectOf(stored.involvedObject),
    source: objectOf(stored.source),
    firstTimestamp: stored.firstTimestamp ?? null,
    lastTimestamp: stored.lastTimestamp ?? null,
    eventTime: stored.eventTime ?? null,
    reportingComponent: textOf(stored.reportingComponent),
    reportingInstance: textOf(stored.reportingInstance),
  };
}

function withoutEmpty(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== null && value !== '' && !isEqual(value, {})),
  );
}

function storedForm(view: ApiObject): ApiObject {
  const { kind, metadata } = view;
  const pairs = renamed.map(([core, other]) => [other, core] as const);
  return { ...withoutEmpty(omit(rename(view, pairs), 'metadata')), kind, apiVersion: 'v1', metadata };
}

function eventsView(stored: ApiObject): ApiObject {
  const { kind, metadata } = stored;
  const view = omit(coreView(stored), ...(textOf(stored.reportingComponent) === '' ? ['reportingComponent'] : []));
  const named = rename({ ...view, kind, apiVersion: 'events.k8s.io/v1', metadata }, renamed);
  const shown = textOf(stored.reportingInstance) === '' ? omit(named, 'reportingInstance') : named;
  return { ...shown, kind, apiVersion: 'events.k8s.io/v1', metadata };
}

const MAX_TEXT = 128;
const MAX_NOTE = 1024;

function limited(event: ApiObject, field: string): FieldError[] {
  const text = textOf(event[field]);
  if (text === '') return [required(field)];
  return text.length > MAX_TEXT ? [invalid(field, '', `can have at most ${MAX_TEXT} characters`)] : [];
}

/** What both views demand. `controller`: what the view calls the reporting controller. */
function legacyErrors(view: ApiObject, controller: string): FieldError[] {
  const event = storedForm(view);
  const namespace = event.metadata.namespace ?? '';
  const involved = textOf(objectOf(event.involvedObject).namespace);
  const mismatch = invalid('involvedObject.namespace', involved, 'does not match event.namespace');
  if (event.eventTime === undefined) {
    const agrees = involved === '' ? namespace === 'default' : involved === namespace;
    return agrees ? [] : [mismatch];
  }
  const reporting = textOf(event.reportingComponent);
  const errors: FieldError[] =
    involved === '' && namespace !== 'default' && namespace !== 'kube-system' ? [mismatch] : [];
  if (reporting === '') errors.push(required(controller));
  errors.push(...qualifiedNameProblems(reporting).map((text) => invalid(controller, reporting, text)));
  errors.push(...limited(event, 'reportingInstance'), ...limited(event, 'action'), ...limited(event, 'reason'));
  if (textOf(event.message).length > MAX_NOTE)
    errors.push(invalid('message', '', `can have at most ${MAX_NOTE} characters`));
  return errors;
}

function seriesErrors(event: ApiObject): FieldError[] {
  if (event.series === undefined) return [];
  const { count, lastObservedTime } = objectOf(event.series);
  const errors = typeof count === 'number' && count >= 2 ? [] : [invalid('series.count', '', 'should be at least 2')];
  return lastObservedTime === undefined ? [...errors, required('series.lastObservedTime')] : errors;
}

function strictErrors(view: ApiObject): FieldError[] {
  const event = storedForm(view);
  const errors = seriesErrors(event);
  if (event.eventTime === undefined) errors.push(required('eventTime'));
  const type = textOf(event.type);
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalid('type', '', `has invalid value: ${type}`));
  const set = ['firstTimestamp', 'lastTimestamp', 'count', 'source'].filter((field) => event[field] !== undefined);
  return [...errors, ...set.map((field) => invalid(field, '', 'needs to be unset'))];
}

const immutable = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
];

function strictUpdateErrors(view: ApiObject, oldView: ApiObject): FieldError[] {
  const [event, old] = [storedForm(view), storedForm(oldView)];
  const errors = isEqual(event.series, old.series) ? [] : seriesErrors(event);
  const changed = immutable.filter((field) => !isEqual(event[field], old[field]));
  const name = (field: string) => (field === 'reportingComponent' ? 'reportingController' : field);
  return [...errors, ...changed.map((field) => invalid(name(field), event[field] ?? null, 'field is immutable'))];
}

function selectable(event: ApiObject, involvedName: string, controllerName: string): Readonly<Record<string, string>> {
  const involved = objectOf(event.involvedObject);
  const fields = Object.keys(referenceType.fields).map(
    (key) => [`${involvedName}.${key}`, textOf(involved[key])] as const,
  );
  const reporting = textOf(event.reportingComponent);
  return {
    ...Object.fromEntries(fields),
    reason: textOf(event.reason),
    type: textOf(event.type),
    [controllerName]: reporting,
    ...(involvedName === 'involvedObject' ? { source: textOf(objectOf(event.source).component) || reporting } : {}),
  };
}

const common = {
  columns: eventColumns,
  version: 'v1',
  plural: 'events',
  singular: 'event',
  kind: 'Event',
  isNamespaced: true,
  shortNames: ['ev'],
  allowsCreateOnUpdate: true,
  tableId: 'events',
  storedGroup: '',
} as const;

const emptyEvent: ApiObject = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '' },
};

/** v1 Event. */
export const coreEvents: BuiltinKind = {
  ...common,
  group: '',
  fields: {
    involvedObject: referenceType,
    reason: 'string',
    message: 'string',
    source: sourceType,
    firstTimestamp: 'time',
    lastTimestamp: 'time',
    count: 'int',
    type: 'string',
    eventTime: 'microtime',
    series: seriesType,
    action: 'string',
    related: referenceType,
    reportingComponent: 'string',
    reportingInstance: 'string',
  },
  read: coreView,
  write: storedForm,
  errors: (event) => legacyErrors(event, 'reportingComponent'),
  selectableFieldNames: Object.keys(selectable(emptyEvent, 'involvedObject', 'reportingComponent')),
  selectableFields: (event) => selectable(event, 'involvedObject', 'reportingComponent'),
};

/** events.k8s.io/v1 Event. */
export const events: BuiltinKind = {
  ...common,
  group: 'events.k8s.io',
  fields: {
    eventTime: 'microtime',
    series: seriesType,
    reportingController: 'string',
    reportingInstance: 'string',
    action: 'string',
    reason: 'string',
    regarding: referenceType,
    related: referenceType,
    note: 'string',
    type: 'string',
    deprecatedSource: sourceType,
    deprecatedFirstTimestamp: 'time',
    deprecatedLastTimestamp: 'time',
    deprecatedCount: 'int',
  },
  read: eventsView,
  write: storedForm,
  errors: (event) => legacyErrors(event, 'reportingController'),
  createErrors: strictErrors,
  updateErrors: strictUpdateErrors,
  selectableFieldNames: Object.keys(selectable(emptyEvent, 'regarding', 'reportingController')),
  selectableFields: (event) => selectable(event, 'regarding', 'reportingController'),
};
