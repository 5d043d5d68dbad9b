import { type Form, listText } from '../encoding.ts';
import type { JsonObject } from '../json.ts';
import { negotiateForm } from '../negotiate.ts';
import { type ApiObject, apiVersionOf } from '../object.ts';
import { type IncludeObject, includeObjectOf, rowText, tableText } from '../table/table.ts';
import type { Call } from './call.ts';

/** How a call wants its objects: whole, their metadata alone, or as the rows of a table. */
export class Shape {
  readonly form: Form;
  readonly #call: Call;
  readonly #include: IncludeObject;
  #hasHeaders = false;

  /** @throws ApiError 400, 406 */
  constructor(call: Call, partialKind: string) {
    this.form = negotiateForm(call.request.headers.accept, partialKind);
    this.#call = call;
    this.#include = this.form === 'table' ? includeObjectOf(call.query) : 'Metadata';
  }

  /** One object by itself. */
  text(stored: ApiObject): string {
    const { encoder, version } = this.#call.served;
    if (this.form !== 'table') return encoder.text(stored, this.form);
    const { resourceVersion } = stored.metadata;
    return tableText(version.columns, resourceVersion === '' ? {} : { resourceVersion }, [this.#row(stored)]);
  }

  /** One object of a watch: of its tables only the first has headers. */
  eventText(stored: ApiObject): string {
    if (this.form !== 'table') return this.text(stored);
    const columns = this.#hasHeaders ? undefined : this.#call.served.version.columns;
    this.#hasHeaders = true;
    return tableText(columns, { resourceVersion: stored.metadata.resourceVersion }, [this.#row(stored)]);
  }

  /** An object that has nothing but a version. */
  bookmarkText(metadata: JsonObject): string {
    const { resource, version } = this.#call.served;
    const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
    if (this.form === 'metadata') return JSON.stringify(partial);
    const whole = { kind: resource.kind, apiVersion: apiVersionOf(resource.group, version.name), metadata };
    if (this.form !== 'table') return JSON.stringify(whole);
    const blank = { ...whole, metadata: { name: '', uid: '', resourceVersion: '', creationTimestamp: '' } };
    const row = rowText(version.columns, blank, this.#call.cluster.clock.now(), JSON.stringify(partial));
    return tableText(undefined, metadata, [row]);
  }

  /** A page of objects. */
  listText(items: readonly ApiObject[], metadata: JsonObject): string {
    const { resource, version, encoder } = this.#call.served;
    const { form } = this;
    if (form === 'table')
      return tableText(
        version.columns,
        metadata,
        items.map((stored) => this.#row(stored)),
      );
    const isPartial = form === 'metadata';
    const kind = isPartial ? 'PartialObjectMetadataList' : resource.listKind;
    const apiVersion = isPartial ? 'meta.k8s.io/v1' : apiVersionOf(resource.group, version.name);
    const texts = items.map((stored) => encoder.itemText(stored, form, resource.hasTypedItems));
    return listText(kind, apiVersion, metadata, texts);
  }

  #row(stored: ApiObject): string {
    const { encoder, version } = this.#call.served;
    const include = this.#include;
    const object = include === 'None' ? 'null' : encoder.text(stored, include === 'Object' ? 'full' : 'metadata');
    return rowText(version.columns, stored, this.#call.cluster.clock.now(), object);
  }
}

/** How a call wants one object. @throws ApiError 400, 406 */
export function shapeOf(call: Call): Shape {
  return new Shape(call, 'PartialObjectMetadata');
}
