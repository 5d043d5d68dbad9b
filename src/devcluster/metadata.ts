import { type FieldError, forbidden, invalid, required, tooLong } from './field-error.ts';
import { isEqual, isObject, type JsonObject, textOf } from './json.ts';
import { goTypeOf } from './json-text.ts';
import { labelProblems, labelValueProblems, prefixProblems, qualifiedNameProblems } from './names.ts';
import type { ApiObject, Metadata, OwnerRef } from './object.ts';
import { badRequestError } from './status.ts';
import { decodeStruct, type StructType } from './typed.ts';

const ownerReferenceType: StructType = {
  name: 'OwnerReference',
  fields: {
    apiVersion: 'string',
    kind: 'string',
    name: 'string',
    uid: 'string',
    controller: 'bool',
    blockOwnerDeletion: 'bool',
  },
};

/** metav1.ObjectMeta. Source: apimachinery, pkg/apis/meta/v1/types.go. */
const objectMetaType: StructType = {
  name: 'ObjectMeta',
  fields: {
    name: 'string',
    generateName: 'string',
    namespace: 'string',
    selfLink: 'string',
    uid: 'string',
    resourceVersion: 'string',
    generation: 'int',
    creationTimestamp: 'time',
    deletionTimestamp: 'time',
    deletionGracePeriodSeconds: 'int',
    labels: { map: 'string' },
    annotations: { map: 'string' },
    ownerReferences: { list: ownerReferenceType },
    finalizers: { list: 'string' },
    managedFields: { list: 'any' },
  },
};

const MAX_ANNOTATION_BYTES = 256 * 1024;

/**
 * The metadata of a body: unknown fields are reported and dropped, and so is selfLink, which this server does not keep. `goPath`: what stands between the type and the field in errors; for objects that the real
 * server decodes as a whole, `metadata`. An empty text where the body has no name, uid, … yet.
 * @throws ApiError 400
 */
export function decodeMetadata(
  body: JsonObject,
  goPath: 'metadata' | '',
): {
  readonly metadata: Metadata;
  readonly unknownFields: readonly string[];
} {
  const raw = body.metadata;
  if (raw !== undefined && raw !== null && !isObject(raw))
    throw badRequestError(
      goPath === ''
        ? `json: cannot unmarshal ${goTypeOf(raw)} into Go value of type v1.ObjectMeta`
        : `json: cannot unmarshal ${goTypeOf(raw)} into Go struct field .metadata of type v1.ObjectMeta`,
    );
  const { value, unknownFields } = decodeStruct(objectMetaType, raw ?? {}, 'metadata', goPath);
  const { selfLink: _selfLink, ...kept } = value;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- decodeStruct has checked the JSON type of every field
  const metadata = {
    ...kept,
    name: textOf(value.name),
    uid: textOf(value.uid),
    resourceVersion: textOf(value.resourceVersion),
    creationTimestamp: textOf(value.creationTimestamp),
  } as unknown as Metadata;
  return { metadata, unknownFields };
}

/** What is wrong with a name; `problemsOf` is the kind's own rule. */
export type NameProblems = (name: string) => string[];

/** The rules for the metadata of every object. Source: apimachinery, pkg/api/validation/objectmeta.go. */
export function metadataErrors(object: ApiObject, isNamespaced: boolean, nameProblems: NameProblems): FieldError[] {
  const meta = object.metadata;
  const errors: FieldError[] = [];
  const generateName = meta.generateName ?? '';
  if (generateName !== '')
    errors.push(
      ...prefixProblems(generateName, nameProblems).map((text) => invalid('metadata.generateName', generateName, text)),
    );
  if (meta.name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else errors.push(...nameProblems(meta.name).map((text) => invalid('metadata.name', meta.name, text)));
  errors.push(...namespaceErrors(meta.namespace ?? '', isNamespaced));
  errors.push(...labelErrors(meta.labels ?? {}, 'metadata.labels'), ...annotationErrors(meta.annotations ?? {}));
  errors.push(...ownerErrors(meta.ownerReferences ?? []), ...finalizerErrors(meta.finalizers ?? []));
  return errors;
}

function namespaceErrors(namespace: string, isNamespaced: boolean): FieldError[] {
  if (!isNamespaced) return namespace === '' ? [] : [forbidden('metadata.namespace', 'not allowed on this type')];
  if (namespace === '') return [required('metadata.namespace')];
  return labelProblems(namespace).map((text) => invalid('metadata.namespace', namespace, text));
}

/** The rules for a map of labels at `path`. */
function labelErrors(labels: Readonly<Record<string, string>>, path: string): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((text) => invalid(path, key, text)),
    ...labelValueProblems(value).map((text) => invalid(path, value, text)),
  ]);
}

function annotationErrors(annotations: Readonly<Record<string, string>>): FieldError[] {
  const entries = Object.entries(annotations);
  const errors = entries.flatMap(([key]) =>
    qualifiedNameProblems(key.toLowerCase()).map((text) => invalid('metadata.annotations', key, text)),
  );
  const sizeBytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return sizeBytes > MAX_ANNOTATION_BYTES ? [...errors, tooLong('metadata.annotations', MAX_ANNOTATION_BYTES)] : errors;
}

function ownerErrors(owners: readonly OwnerRef[]): FieldError[] {
  const path = 'metadata.ownerReferences';
  const errors = owners.flatMap((owner) => {
    const texts = ['kind', 'name', 'uid'].filter((key) => textOf(owner[key]) === '');
    const found = texts.map((key) => invalid(`${path}.${key}`, '', 'must not be empty'));
    return textOf(owner.apiVersion) === ''
      ? [invalid(`${path}.apiVersion`, '', 'version must not be empty'), ...found]
      : found;
  });
  const [first, second] = owners.filter((owner) => owner.controller === true);
  if (first === undefined || second === undefined) return errors;
  const detail = `Only one reference can have Controller set to true. Found "true" in references for ${first.kind}/${first.name} and ${second.kind}/${second.name}`;
  return [...errors, invalid(path, owners, detail)];
}

function finalizerErrors(finalizers: readonly string[]): FieldError[] {
  const path = 'metadata.finalizers';
  const errors = finalizers.flatMap((name) => qualifiedNameProblems(name).map((text) => invalid(path, name, text)));
  if (!finalizers.includes('orphan') || !finalizers.includes('foregroundDeletion')) return errors;
  return [...errors, invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set')];
}

/** The rules for a change of metadata, beside those for the new state. */
export function metadataUpdateErrors(object: ApiObject, old: ApiObject): FieldError[] {
  const errors: FieldError[] = [];
  const [meta, before] = [object.metadata, old.metadata];
  if (before.deletionTimestamp !== undefined) {
    const added = (meta.finalizers ?? []).filter((name) => !(before.finalizers ?? []).includes(name));
    const listed = [...new Set(added)].sort().map((name) => JSON.stringify(name));
    const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${listed.join(', ')}}`;
    if (added.length > 0) errors.push(forbidden('metadata.finalizers', detail));
  }
  for (const key of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ]) {
    if (!isEqual(meta[key], before[key]))
      errors.push(invalid(`metadata.${key}`, meta[key] ?? null, 'field is immutable'));
  }
  return errors;
}
