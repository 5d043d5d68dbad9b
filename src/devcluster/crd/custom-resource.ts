import { customMergeType, type MergeType } from '../apply/merge-type.ts';
import { isEqual, isObject, type Json, type JsonObject, listOf, objectOf, omit, textOf } from '../json.ts';
import { decodeMetadata } from '../metadata.ts';
import { subdomainProblems } from '../names.ts';
import { type ApiObject, apiVersionOf, withMetadata } from '../object.ts';
import type { DecodedObject, Resource, ResourceVersion, Strategy, Subresource } from '../resource.ts';
import { ALL_VERBS } from '../resources/builtin.ts';
import type { Table } from '../store.ts';
import { type Column, definedColumns } from '../table/columns.ts';
import { compareVersions } from '../version-order.ts';
import { applyDefaults } from './default.ts';
import { coerceEmbedded } from './embedded.ts';
import { prune } from './prune.ts';
import { parseSchema, type Schema } from './schema.ts';
import { SchemaRules } from './schema-rules.ts';

/** What a CustomResourceDefinition says, as far as serving its objects needs it. */
interface Definition {
  readonly group: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly storageVersion: string;
  /** Served versions that are not deprecated, the newest first. */
  readonly current: readonly string[];
}

function preservesAll(definition: ApiObject, version: JsonObject): boolean {
  return (
    objectOf(definition.spec).preserveUnknownFields === true || !isObject(objectOf(version.schema).openAPIV3Schema)
  );
}

/** The text that a field selector compares: scalars as they print, anything else as ''. */
function scalarText(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function atJsonPath(object: JsonObject, path: string): Json | undefined {
  let at: Json | undefined = object;
  for (const key of path.split('.')) at = isObject(at) ? at[key] : undefined;
  return at;
}

function deprecationText({ group, kind, current }: Definition, version: string): string {
  const better = current.find((name) => compareVersions(name, version) < 0);
  const text = `${group}/${version} ${kind} is deprecated`;
  return better === undefined ? text : `${text}; use ${group}/${better} ${kind}`;
}

/** One served version of a custom resource. */
class CustomResourceVersion implements ResourceVersion {
  readonly name: string;
  readonly selectableFieldNames: readonly string[];
  readonly warning?: string;
  readonly #definition: Definition;
  readonly #schema: Schema;
  readonly #rules: SchemaRules;
  readonly schema: JsonObject;
  readonly columns: readonly Column[];
  readonly mergeType: MergeType;
  readonly subresources: readonly Subresource[];
  readonly #prunes: boolean;
  readonly #read = new WeakMap<ApiObject, ApiObject>();

  constructor(definition: Definition, version: JsonObject, prunes: boolean) {
    this.name = textOf(version.name);
    this.#definition = definition;
    this.schema = objectOf(objectOf(version.schema).openAPIV3Schema);
    this.#schema = parseSchema(this.schema);
    this.#rules = new SchemaRules(this.#schema);
    this.columns = definedColumns(listOf(version.additionalPrinterColumns).map(objectOf)).map((column) => ({
      ...column,
      cell: (stored, nowMs) => column.cell(this.read(stored), nowMs),
    }));
    this.mergeType = customMergeType(this.#schema);
    this.#prunes = prunes;
    this.subresources = isObject(objectOf(version.subresources).status) ? ['status'] : [];
    this.selectableFieldNames = listOf(version.selectableFields).map((field) =>
      textOf(objectOf(field).jsonPath).replace(/^\./, ''),
    );
    if (version.deprecated === true)
      this.warning =
        typeof version.deprecationWarning === 'string'
          ? version.deprecationWarning
          : deprecationText(definition, this.name);
  }

  decode(body: JsonObject): DecodedObject {
    const { object, problems } = this.decodePartial(body);
    return { object: this.complete(object), problems };
  }

  complete(object: ApiObject): ApiObject {
    const { metadata } = object;
    return { ...applyDefaults(omit(object, 'metadata'), this.#schema), ...this.#typeMeta(), metadata };
  }

  decodePartial(body: JsonObject): DecodedObject {
    const { metadata, unknownFields } = decodeMetadata(body, '');
    const pruned = this.#pruned(body);
    const coerced = coerceEmbedded(omit(pruned.value, 'metadata'), this.#schema);
    const problems = [...unknownFields, ...pruned.unknownFields, ...coerced.unknownFields]
      .sort()
      .map((path) => `unknown field "${path}"`);
    return { object: { ...objectOf(coerced.value), ...this.#typeMeta(), metadata }, problems };
  }

  #typeMeta(): { readonly apiVersion: string; readonly kind: string } {
    return { apiVersion: apiVersionOf(this.#definition.group, this.name), kind: this.#definition.kind };
  }

  #pruned(object: JsonObject): { readonly value: JsonObject; readonly unknownFields: readonly string[] } {
    return this.#prunes ? prune(object, this.#schema) : { value: object, unknownFields: [] };
  }

  read(stored: ApiObject): ApiObject {
    const known = this.#read.get(stored);
    if (known !== undefined) return known;
    const object = applyDefaults(omit(this.#pruned(stored).value, 'metadata'), this.#schema);
    const read = { ...object, ...this.#typeMeta(), metadata: stored.metadata };
    this.#read.set(stored, read);
    return read;
  }

  write(object: ApiObject): ApiObject {
    return { ...object, apiVersion: apiVersionOf(this.#definition.group, this.#definition.storageVersion) };
  }

  errors(object: ApiObject, old: ApiObject | undefined, subresource: Subresource | undefined) {
    return this.#rules.errors(object, old, subresource);
  }

  selectableFields(stored: ApiObject): Readonly<Record<string, string>> {
    const object = this.read(stored);
    return Object.fromEntries(this.selectableFieldNames.map((path) => [path, scalarText(atJsonPath(object, path))]));
  }

  fieldProblem(field: string): string {
    return `field label not supported: ${field}`;
  }
}

function bumped(object: ApiObject, old: ApiObject): ApiObject {
  if (isEqual(omit(object, 'metadata'), omit(old, 'metadata'))) return object;
  return withMetadata(object, { generation: (old.metadata.generation ?? 0) + 1 });
}

function withStatus(object: ApiObject, status: Json | undefined): ApiObject {
  const { status: _status, ...rest } = object;
  return status === undefined ? rest : { ...rest, status };
}

/** `statusVersions`: the apiVersions that have a status subresource. */
function strategyOf(statusVersions: ReadonlySet<string>, refusal: Strategy['refusal']): Strategy {
  const hasStatus = ({ apiVersion }: ApiObject) => statusVersions.has(apiVersion);
  return {
    nameProblems: subdomainProblems,
    allowsUnconditionalUpdate: false,
    allowsCreateOnUpdate: false,
    returnsDeleted: false,
    prepareCreate: (object) =>
      withMetadata(hasStatus(object) ? withStatus(object, undefined) : object, { generation: 1 }),
    prepareUpdate: (object, old, subresource) => {
      // A status write changes the status alone, whatever else the body says.
      if (subresource === 'status') return withStatus(old, object.status);
      return bumped(hasStatus(object) ? withStatus(object, old.status) : object, old);
    },
    errors: () => [],
    updateErrors: () => [],
    holds: () => false,
    prepareDelete: (object) => object,
    ...(refusal === undefined ? {} : { refusal }),
  };
}

/** The resource that a CustomResourceDefinition makes. `refusal`: why its objects may not be created now. */
export function customResource(definition: ApiObject, table: Table, refusal?: Strategy['refusal']): Resource {
  const spec = objectOf(definition.spec);
  const names = objectOf(spec.names);
  const versions = listOf(spec.versions).map(objectOf);
  const meant: Definition = {
    group: textOf(spec.group),
    kind: textOf(names.kind),
    isNamespaced: spec.scope === 'Namespaced',
    storageVersion: textOf(versions.find((version) => version.storage === true)?.name),
    current: versions
      .filter((version) => version.served === true && version.deprecated !== true)
      .map((version) => textOf(version.name))
      .sort(compareVersions),
  };
  const served = versions
    .filter((version) => version.served === true)
    .map((version) => new CustomResourceVersion(meant, version, !preservesAll(definition, version)));
  const statusful = served.filter(({ subresources }) => subresources.length > 0);
  const statusVersions = new Set(statusful.map(({ name }) => apiVersionOf(meant.group, name)));
  return {
    group: meant.group,
    plural: textOf(names.plural),
    singular: textOf(names.singular),
    kind: meant.kind,
    listKind: textOf(names.listKind),
    isNamespaced: meant.isNamespaced,
    shortNames: listOf(names.shortNames).map(textOf),
    categories: listOf(names.categories).map(textOf),
    verbs: ALL_VERBS,
    versions: served,
    hasTypedItems: true,
    storedGroup: meant.group,
    strategy: strategyOf(statusVersions, refusal),
    table,
  };
}
