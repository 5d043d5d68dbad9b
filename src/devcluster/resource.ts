import type { MergeType } from './apply/merge-type.ts';
import type { FieldError } from './field-error.ts';
import type { JsonObject } from './json.ts';
import type { NameProblems } from './metadata.ts';
import type { ApiObject } from './object.ts';
import type { GroupResource } from './status.ts';
import type { Table } from './store.ts';
import type { Column } from './table/columns.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';
export type Subresource = 'status' | 'finalize';

/** A body as an object of one version, before any rule was applied to it. */
export interface DecodedObject {
  readonly object: ApiObject;
  /** Fields that no schema knows, and keys that stood there twice: refused, warned of or ignored by fieldValidation. */
  readonly problems: readonly string[];
}

/** One served version of a resource: how its objects look on the wire. */
export interface ResourceVersion {
  readonly name: string;
  /** The wire's form to ours: unknown fields dropped, defaults filled. @throws ApiError 400 */
  decode(body: JsonObject): DecodedObject;
  /** As `decode`, without the defaults. @throws ApiError 400 */
  decodePartial(body: JsonObject): DecodedObject;
  /** Fills the defaults. */
  complete(object: ApiObject): ApiObject;
  readonly subresources: readonly Subresource[];
  /** The OpenAPI schema of its objects, as far as it is known: for `kubectl explain`. */
  readonly schema: JsonObject;
  /** Of the tables that kubectl prints. Their cells are of stored objects. */
  readonly columns: readonly Column[];
  /** How server-side apply merges objects of this version. */
  readonly mergeType: MergeType;
  /** The stored form to this version's. The same answer for the same object: it may be kept. */
  read(stored: ApiObject): ApiObject;
  /** This version's form to the stored one. */
  write(object: ApiObject): ApiObject;
  /** What this version's schema finds wrong. `old` is the state before, in this version; undefined on create. */
  errors(object: ApiObject, old: ApiObject | undefined, subresource: Subresource | undefined): readonly FieldError[];
  /** The fields that a field selector may ask for beside metadata.name and metadata.namespace. */
  readonly selectableFieldNames: readonly string[];
  /** Their values in a stored object. */
  selectableFields(stored: ApiObject): Readonly<Record<string, string>>;
  /** The words that refuse any other field. */
  fieldProblem(field: string): string;
  /** Printed with each response of this version: it is deprecated. */
  readonly warning?: string;
}

/** What a kind does beyond metadata: the strategy of the real server's registry. All functions are pure. */
export interface Strategy {
  readonly nameProblems: NameProblems;
  /** A PUT without resourceVersion overwrites whatever is there. */
  readonly allowsUnconditionalUpdate: boolean;
  /** A PUT of a name that does not exist creates it. */
  readonly allowsCreateOnUpdate: boolean;
  /** A DELETE answers the object and no Status. */
  readonly returnsDeleted: boolean;
  prepareCreate(object: ApiObject): ApiObject;
  /** May take fields from `old` and raise `metadata.generation`. */
  prepareUpdate(object: ApiObject, old: ApiObject, subresource: Subresource | undefined): ApiObject;
  errors(object: ApiObject): readonly FieldError[];
  updateErrors(object: ApiObject, old: ApiObject, subresource: Subresource | undefined): readonly FieldError[];
  /** Further finalizers, beside metadata.finalizers, that hold the object (spec.finalizers of a Namespace). */
  holds(object: ApiObject): boolean;
  /** The state that a DELETE leaves while something holds the object, from the usual one (`marked`) and the one before. */
  prepareDelete(marked: ApiObject, old: ApiObject): ApiObject;
  /** Why this object may not be deleted, or created now; undefined: it may. */
  refusal?(verb: 'create' | 'delete', name: string): Error | undefined;
}

/** One kind of object that the server serves, with its table. */
export interface Resource {
  readonly group: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly isNamespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly Verb[];
  /** What discovery says instead, where it says less. */
  readonly discoveredVerbs?: readonly Verb[];
  /** Served versions, the preferred one first. */
  readonly versions: readonly ResourceVersion[];
  /** Items of a list carry kind and apiVersion (they do for custom resources, not for built-in kinds). */
  readonly hasTypedItems: boolean;
  /** The group that refusals of an object name: that of the stored kind, when it is seen in another. */
  readonly storedGroup: string;
  readonly strategy: Strategy;
  readonly table: Table;
}

/** What messages call the resource. */
export function groupResource(resource: Pick<Resource, 'group' | 'plural'>): GroupResource {
  return { group: resource.group, resource: resource.plural };
}
