/** One resource that cases use, as it is on the wire. `prefix` has no slash at its end. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly prefix: string;
  readonly isNamespaced: boolean;
}

/** The group of the custom resources of this suite. */
export const group = 'conformance.example.com';

function resource(apiVersion: string, plural: string, kind: string, isNamespaced = true): Resource {
  const prefix = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return { apiVersion, kind, plural, prefix, isNamespaced };
}

/** The resources by the short name that cases use. Widgets, Gadgets and Keepers are made by the suite. */
export const resources = {
  configmaps: resource('v1', 'configmaps', 'ConfigMap'),
  secrets: resource('v1', 'secrets', 'Secret'),
  serviceaccounts: resource('v1', 'serviceaccounts', 'ServiceAccount'),
  namespaces: resource('v1', 'namespaces', 'Namespace', false),
  leases: resource('coordination.k8s.io/v1', 'leases', 'Lease'),
  events: resource('events.k8s.io/v1', 'events', 'Event'),
  crds: resource('apiextensions.k8s.io/v1', 'customresourcedefinitions', 'CustomResourceDefinition', false),
  deployments: resource('apps/v1', 'deployments', 'Deployment'),
  statefulsets: resource('apps/v1', 'statefulsets', 'StatefulSet'),
  daemonsets: resource('apps/v1', 'daemonsets', 'DaemonSet'),
  widgets: resource(`${group}/v1`, 'widgets', 'Widget'),
  gadgets: resource(`${group}/v1`, 'gadgets', 'Gadget', false),
} as const satisfies Record<string, Resource>;

/** A key of `resources`. */
export type ResourceName = keyof typeof resources;
