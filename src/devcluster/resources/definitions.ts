import { definitionErrors, definitionNameErrors } from '../crd/definition-errors.ts';
import { schemaType } from '../crd/schema-type.ts';
import { type FieldError, invalid } from '../field-error.ts';
import { isEqual, isObject, type JsonObject, listOf, objectOf, textOf } from '../json.ts';
import { type ApiObject, isDeleting, withMetadata } from '../object.ts';
import { column, nameColumn } from '../table/columns.ts';
import type { FieldType } from '../typed.ts';
import type { BuiltinKind } from './builtin.ts';

/** Holds a CustomResourceDefinition until its objects are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

const namesType: FieldType = {
  name: 'CustomResourceDefinitionNames',
  fields: {
    plural: 'string',
    singular: 'string',
    shortNames: { list: 'string' },
    kind: 'string',
    listKind: 'string',
    categories: { list: 'string' },
  },
};

const versionType: FieldType = {
  name: 'CustomResourceDefinitionVersion',
  fields: {
    name: 'string',
    served: 'bool',
    storage: 'bool',
    deprecated: 'flag',
    deprecationWarning: 'text',
    schema: { name: 'CustomResourceValidation', fields: { openAPIV3Schema: schemaType } },
    subresources: 'any',
    additionalPrinterColumns: { list: 'any' },
    selectableFields: { list: 'any' },
  },
};

function withNames(names: JsonObject): JsonObject {
  const kind = textOf(names.kind);
  const singular = textOf(names.singular) === '' ? kind.toLowerCase() : textOf(names.singular);
  const listKind = textOf(names.listKind) === '' && kind !== '' ? `${kind}List` : textOf(names.listKind);
  return { ...names, ...(singular === '' ? {} : { singular }), ...(listKind === '' ? {} : { listKind }) };
}

function withDefaults(object: ApiObject): ApiObject {
  const spec = objectOf(object.spec);
  const versions = listOf(spec.versions).map((version) => {
    const known = objectOf(version);
    return { ...known, served: known.served === true, storage: known.storage === true };
  });
  const conversion = isObject(spec.conversion) ? spec.conversion : { strategy: 'None' };
  return { ...object, spec: { ...spec, names: withNames(objectOf(spec.names)), conversion, versions } };
}

function storageVersionOf(object: ApiObject): string {
  const versions = listOf(objectOf(object.spec).versions).map(objectOf);
  return textOf(versions.find((version) => version.storage === true)?.name);
}

function withStoredVersion(status: JsonObject, version: string): JsonObject {
  const stored = listOf(status.storedVersions);
  return stored.includes(version) ? status : { ...status, storedVersions: [...stored, version] };
}

function prepareCreate(object: ApiObject): ApiObject {
  const status = {
    conditions: null,
    acceptedNames: { plural: '', kind: '' },
    storedVersions: storageVersionOf(object) === '' ? null : [storageVersionOf(object)],
  };
  return withMetadata({ ...object, status }, { generation: 1 });
}

function prepareUpdate(object: ApiObject, old: ApiObject, subresource: string | undefined): ApiObject {
  if (subresource === 'status') return { ...old, metadata: object.metadata, status: objectOf(object.status) };
  const status = withStoredVersion(objectOf(old.status), storageVersionOf(object));
  const generation = (old.metadata.generation ?? 0) + (isEqual(object.spec, old.spec) ? 0 : 1);
  return withMetadata({ ...object, status }, { generation });
}

/** The definition with that condition in its status; `now` is its time when its status changed. */
export function withCondition(object: ApiObject, condition: JsonObject, now: string): ApiObject {
  const status = objectOf(object.status);
  const conditions = listOf(status.conditions).map(objectOf);
  const old = conditions.find(({ type }) => type === condition.type);
  const lastTransitionTime = old?.status === condition.status ? old?.lastTransitionTime : now;
  const { type, status: state, reason, message } = condition;
  const next = { type, status: state, lastTransitionTime, reason, message };
  const all = old === undefined ? [...conditions, next] : conditions.map((other) => (other === old ? next : other));
  return { ...object, status: { ...status, conditions: all } };
}

/** Whether the definition has that condition with status True. */
export function isConditionTrue(object: ApiObject, type: string): boolean {
  const conditions = listOf(objectOf(object.status).conditions).map(objectOf);
  return conditions.some((condition) => condition.type === type && condition.status === 'True');
}

function updateErrors(object: ApiObject, old: ApiObject): FieldError[] {
  const [spec, before] = [objectOf(object.spec), objectOf(old.spec)];
  const isEstablished = isConditionTrue(old, 'Established');
  const found: FieldError[] = [];
  const immutable = (path: string, now: string, then: string) => {
    if (now !== then) found.push(invalid(path, now, 'field is immutable'));
  };
  if (isEstablished) {
    immutable('spec.scope', textOf(spec.scope), textOf(before.scope));
    immutable('spec.names.kind', textOf(objectOf(spec.names).kind), textOf(objectOf(before.names).kind));
  }
  immutable('spec.group', textOf(spec.group), textOf(before.group));
  immutable('spec.names.plural', textOf(objectOf(spec.names).plural), textOf(objectOf(before.names).plural));
  return found;
}

/** apiextensions.k8s.io/v1 CustomResourceDefinition. */
export const definitions: BuiltinKind = {
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  kind: 'CustomResourceDefinition',
  isNamespaced: false,
  shortNames: ['crd', 'crds'],
  subresources: ['status'],
  isUnconditionalUpdateRefused: true,
  fields: {
    spec: {
      name: 'CustomResourceDefinitionSpec',
      fields: {
        group: 'string',
        names: namesType,
        scope: 'string',
        versions: { list: versionType },
        conversion: 'any',
        preserveUnknownFields: 'flag',
      },
    },
    status: {
      name: 'CustomResourceDefinitionStatus',
      fields: {
        conditions: { list: 'any' },
        acceptedNames: 'any',
        storedVersions: { list: 'string' },
        observedGeneration: 'int',
      },
    },
  },
  columns: [
    nameColumn,
    column('Created At', 'When it was created.', (object) => object.metadata.creationTimestamp, { type: 'date' }),
  ],
  defaults: withDefaults,
  prepareCreate,
  prepareUpdate,
  createErrors: (object) => [...definitionNameErrors(object), ...definitionErrors(object)],
  updateErrors: (object, old, subresource) =>
    subresource === 'status' ? [] : [...definitionErrors(object), ...updateErrors(object, old)],
  holds: (object) => !isDeleting(object), // a DELETE never removes one at once
  prepareDelete: (marked, old) => {
    if (isDeleting(old)) return marked;
    const finalizers = marked.metadata.finalizers ?? [];
    const all = finalizers.includes(CLEANUP_FINALIZER) ? finalizers : [...finalizers, CLEANUP_FINALIZER];
    const { deletionTimestamp } = marked.metadata;
    const message = 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon';
    const pending = { type: 'Terminating', status: 'True', reason: 'InstanceDeletionPending', message };
    const object = withMetadata(old, { deletionTimestamp, finalizers: all });
    return withCondition(object, pending, deletionTimestamp ?? '');
  },
};
