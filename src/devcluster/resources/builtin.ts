import { builtinMergeType } from '../apply/merge-type.ts';
import { type FieldError, invalid } from '../field-error.ts';
import { isObject, type JsonObject } from '../json.ts';
import { decodeMetadata, type NameProblems } from '../metadata.ts';
import { subdomainProblems } from '../names.ts';
import { type ApiObject, apiVersionOf } from '../object.ts';
import type { DecodedObject, Resource, ResourceVersion, Strategy, Subresource, Verb } from '../resource.ts';
import type { Table } from '../store.ts';
import { ageColumn, type Column, nameColumn } from '../table/columns.ts';
import { decodeStruct, type FieldType } from '../typed.ts';

/** All that a served collection can do. */
export const ALL_VERBS: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
];

/** A built-in kind: what differs from the plainest one. */
export interface BuiltinKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly verbs?: readonly Verb[];
  readonly subresources?: readonly Subresource[];
  /** The fields beside apiVersion, kind and metadata. */
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly nameProblems?: NameProblems;
  readonly isUnconditionalUpdateRefused?: boolean;
  readonly allowsCreateOnUpdate?: boolean;
  readonly returnsDeleted?: boolean;
  /** Fills what the kind fills on every decode: defaults. */
  readonly defaults?: (object: ApiObject) => ApiObject;
  readonly prepareCreate?: (object: ApiObject) => ApiObject;
  readonly prepareUpdate?: Strategy['prepareUpdate'];
  /** What holds for every state. */
  readonly errors?: (object: ApiObject) => readonly FieldError[];
  /** What holds for a new object beside. */
  readonly createErrors?: (object: ApiObject) => readonly FieldError[];
  readonly updateErrors?: Strategy['updateErrors'];
  readonly holds?: (object: ApiObject) => boolean;
  readonly prepareDelete?: Strategy['prepareDelete'];
  readonly refusal?: (verb: 'create' | 'delete', name: string) => Error | undefined;
  /** The table, when two kinds share one. */
  readonly tableId?: string;
  /** The group of the stored kind, when it is another. */
  readonly storedGroup?: string;
  /** The stored form as this kind's, and back; the same without. */
  readonly read?: (stored: ApiObject) => ApiObject;
  readonly write?: (object: ApiObject) => ApiObject;
  /** Field selectors beside metadata.name and metadata.namespace. */
  readonly selectableFields?: (object: ApiObject) => Readonly<Record<string, string>>;
  readonly selectableFieldNames?: readonly string[];
  /** What kubectl prints of a stored object; by default name and age. */
  readonly columns?: readonly Column[];
}

function same(object: ApiObject): ApiObject {
  return object;
}

function decodeBuiltin(kind: BuiltinKind, body: JsonObject): DecodedObject {
  const { metadata, unknownFields } = decodeMetadata(body, 'metadata');
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...rest } = body;
  const decoded = decodeStruct({ name: kind.kind, fields: kind.fields }, rest);
  const object: ApiObject = {
    kind: kind.kind,
    apiVersion: apiVersionOf(kind.group, kind.version),
    metadata,
    ...decoded.value,
  };
  const problems = [...unknownFields, ...decoded.unknownFields].map((path) => `unknown field "${path}"`);
  return { object, problems };
}

function versionOf(kind: BuiltinKind): ResourceVersion {
  const known = ['metadata.name', 'metadata.namespace'].map((name) => JSON.stringify(name)).join(', ');
  const complete = kind.defaults ?? same;
  return {
    name: kind.version,
    decode: (body) => {
      const { object, problems } = decodeBuiltin(kind, body);
      return { object: complete(object), problems };
    },
    decodePartial: (body) => decodeBuiltin(kind, body),
    complete,
    subresources: kind.subresources ?? [],
    schema: { type: 'object' },
    columns: kind.columns ?? [nameColumn, ageColumn],
    mergeType: builtinMergeType,
    read: kind.read ?? same,
    write: kind.write ?? same,
    errors: () => [],
    selectableFieldNames: kind.selectableFieldNames ?? [],
    selectableFields: kind.selectableFields ?? (() => ({})),
    fieldProblem: (field) =>
      kind.selectableFields === undefined
        ? `${JSON.stringify(field)} is not a known field selector: only ${known}`
        : `field label not supported: ${field}`,
  };
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

/** Built-in kinds take no finalizer of a bare name but the three standard ones. */
function finalizerErrors(object: ApiObject): FieldError[] {
  const detail = 'name is neither a standard finalizer name nor is it fully qualified';
  return (object.metadata.finalizers ?? []).flatMap((name, index) =>
    name.includes('/') || standardFinalizers.has(name) ? [] : [invalid(`metadata.finalizers[${index}]`, name, detail)],
  );
}

/** A built-in kind as a resource. */
export function builtinResource(kind: BuiltinKind, table: Table): Resource {
  const { group, plural, singular, isNamespaced, refusal } = kind;
  return {
    group,
    plural,
    singular,
    kind: kind.kind,
    listKind: `${kind.kind}List`,
    isNamespaced,
    shortNames: kind.shortNames ?? [],
    categories: [],
    verbs: kind.verbs ?? ALL_VERBS,
    versions: [versionOf(kind)],
    hasTypedItems: false,
    storedGroup: kind.storedGroup ?? group,
    table,
    strategy: {
      nameProblems: kind.nameProblems ?? subdomainProblems,
      allowsUnconditionalUpdate: kind.isUnconditionalUpdateRefused !== true,
      allowsCreateOnUpdate: kind.allowsCreateOnUpdate === true,
      returnsDeleted: kind.returnsDeleted === true,
      prepareCreate: kind.prepareCreate ?? same,
      prepareUpdate: kind.prepareUpdate ?? same,
      errors: (object) => [
        ...finalizerErrors(object),
        ...(kind.errors?.(object) ?? []),
        ...(kind.createErrors?.(object) ?? []),
      ],
      updateErrors: (object, old, subresource) => [
        ...finalizerErrors(object),
        ...(kind.errors?.(object) ?? []),
        ...(kind.updateErrors?.(object, old, subresource) ?? []),
      ],
      holds: kind.holds ?? (() => false),
      prepareDelete: kind.prepareDelete ?? same,
      ...(refusal === undefined ? {} : { refusal }),
    },
  };
}

/** The object's field as a map; empty when it is none. */
export function mapField(object: ApiObject, field: string): JsonObject {
  const value = object[field];
  return isObject(value) ? value : {};
}
