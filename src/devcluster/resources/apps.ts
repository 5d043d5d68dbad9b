import { type FieldError, invalid, required } from '../field-error.ts';
import { isEqual, isObject, objectOf, textOf, withKey } from '../json.ts';
import { type ApiObject, withMetadata } from '../object.ts';
import type { BuiltinKind } from './builtin.ts';
import { workloadColumns } from './workload-columns.ts';

function templateErrors(object: ApiObject): FieldError[] {
  const spec = objectOf(object.spec);
  const selector = objectOf(objectOf(spec.selector).matchLabels);
  const labels = objectOf(objectOf(objectOf(spec.template).metadata).labels);
  const errors: FieldError[] = [];
  if (!isObject(spec.selector)) errors.push(required('spec.selector'));
  const doesMatch = Object.entries(selector).every(([key, value]) => textOf(labels[key]) === textOf(value));
  if (!doesMatch) {
    const detail = '`selector` does not match template `labels`';
    errors.push(invalid('spec.template.metadata.labels', labels, detail));
  }
  return errors;
}

/** Source: k8s.io/kubernetes, the strategies of pkg/registry/apps: that of a Deployment alone looks at annotations, too. */
function prepareUpdate(object: ApiObject, old: ApiObject, subresource: string | undefined): ApiObject {
  if (subresource === 'status') return { ...old, metadata: object.metadata, status: objectOf(object.status) };
  const kept = { ...object, status: old.status };
  const isAnnotated = object.kind === 'Deployment' && !isEqual(annotationsOf(object), annotationsOf(old));
  if (isEqual(object.spec, old.spec) && !isAnnotated) return kept;
  return withMetadata(kept, { generation: (old.metadata.generation ?? 0) + 1 });
}

function annotationsOf({ metadata }: ApiObject) {
  return { ...metadata.annotations };
}

function workload(kind: keyof typeof workloadColumns, shortName: string, status: ApiObject['status']): BuiltinKind {
  const singular = kind.toLowerCase();
  return {
    group: 'apps',
    version: 'v1',
    plural: `${singular}s`,
    singular,
    kind,
    isNamespaced: true,
    shortNames: [shortName],
    subresources: ['status'],
    columns: workloadColumns[kind],
    fields: { spec: 'any', status: 'any' },
    defaults: (object) => ({ ...object, spec: withReplicas(object, kind) }),
    prepareCreate: (object) => withMetadata({ ...object, status }, { generation: 1 }),
    prepareUpdate,
    errors: templateErrors,
    updateErrors: (object, old) =>
      isEqual(objectOf(object.spec).selector, objectOf(old.spec).selector)
        ? []
        : [invalid('spec.selector', objectOf(object.spec).selector ?? null, 'field is immutable')],
  };
}

function withReplicas(object: ApiObject, kind: string) {
  const spec = objectOf(object.spec);
  return kind === 'DaemonSet' || spec.replicas !== undefined ? spec : withKey(spec, 'replicas', 1);
}

/**
 * apps/v1 as far as a client that restarts workloads needs it: objects are kept, templates are not checked or
 * defaulted, and no controller makes pods of them.
 */
export const workloads: readonly BuiltinKind[] = [
  workload('Deployment', 'deploy', {}),
  workload('StatefulSet', 'sts', { replicas: 0, availableReplicas: 0 }),
  workload('DaemonSet', 'ds', {
    currentNumberScheduled: 0,
    numberMisscheduled: 0,
    desiredNumberScheduled: 0,
    numberReady: 0,
  }),
];
