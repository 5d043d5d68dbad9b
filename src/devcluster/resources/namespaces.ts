import { listOf, objectOf, textOf, withKey } from '../json.ts';
import { labelProblems } from '../names.ts';
import { type ApiObject, isDeleting, withMetadata } from '../object.ts';
import { forbiddenError } from '../status.ts';
import { ageColumn, column, nameColumn } from '../table/columns.ts';
import type { BuiltinKind } from './builtin.ts';

/** The finalizer in spec.finalizers that holds a namespace until its content is gone. */
export const NAMESPACE_FINALIZER = 'kubernetes';
const NAME_LABEL = 'kubernetes.io/metadata.name';
const immortal = new Set(['default', 'kube-system', 'kube-public']);

function withStatus(object: ApiObject, status: ApiObject['status']): ApiObject {
  return { ...object, status };
}

function withNameLabel(object: ApiObject): ApiObject {
  const labels = { ...object.metadata.labels, [NAME_LABEL]: object.metadata.name };
  return withMetadata(object, { labels });
}

function finalizersOf(object: ApiObject): readonly unknown[] {
  return listOf(objectOf(object.spec).finalizers);
}

function prepareCreate(object: ApiObject): ApiObject {
  const finalizers = listOf(objectOf(object.spec).finalizers);
  const all = finalizers.includes(NAMESPACE_FINALIZER) ? finalizers : [...finalizers, NAMESPACE_FINALIZER];
  return withStatus({ ...withNameLabel(object), spec: { finalizers: all } }, { phase: 'Active' });
}

function prepareUpdate(object: ApiObject, old: ApiObject, subresource: string | undefined): ApiObject {
  const labelled = withNameLabel(object);
  if (subresource === 'finalize') return withStatus(labelled, old.status);
  const kept = { ...labelled, spec: old.spec };
  return subresource === 'status' ? { ...kept, status: object.status ?? {} } : withStatus(kept, old.status);
}

/** v1 Namespace. Its content is deleted by the namespace controller, which then empties spec.finalizers. */
export const namespaces: BuiltinKind = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  singular: 'namespace',
  kind: 'Namespace',
  isNamespaced: false,
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  subresources: ['status', 'finalize'],
  returnsDeleted: true,
  fields: {
    spec: { name: 'NamespaceSpec', fields: { finalizers: { list: 'string' } } },
    status: { name: 'NamespaceStatus', fields: { phase: 'string', conditions: { list: 'any' } } },
  },
  nameProblems: labelProblems,
  defaults: (object) => ({ ...object, spec: objectOf(object.spec), status: objectOf(object.status) }),
  prepareCreate,
  prepareUpdate,
  holds: (object) => finalizersOf(object).length > 0,
  prepareDelete: (marked, old) => {
    if (isDeleting(old)) return old;
    const { deletionTimestamp, finalizers } = marked.metadata;
    const status = withKey(objectOf(old.status), 'phase', 'Terminating');
    return withStatus(withMetadata(old, { deletionTimestamp, finalizers }), status);
  },
  refusal: (verb, name) =>
    verb === 'delete' && immortal.has(name)
      ? forbiddenError({ group: '', resource: 'namespaces' }, name, 'this namespace may not be deleted')
      : undefined,
  columns: [
    nameColumn,
    column('Status', 'The phase of the namespace.', (object) => textOf(objectOf(object.status).phase)),
    ageColumn,
  ],
  selectableFieldNames: ['status.phase'],
  selectableFields: (object) => ({ 'status.phase': textOf(objectOf(object.status).phase) }),
};
