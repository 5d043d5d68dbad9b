import {
  CONFIG_MAPS,
  CRDS,
  EVENTS,
  LEASES,
  NAMESPACES,
  REFERENCE_GRANTS,
  SECRETS,
  WORKLOADS,
} from './api/core-types.ts';
import { KINDS } from './api/kinds.ts';
import type { ResourceType } from './api/meta.ts';

/**
 * Where a right is needed:
 * - `objects`: wherever objects of ours are looked after
 * - `cluster`: kinds without a namespace; an operator of single namespaces does without them
 * - `credentials`: where the Secrets lie that Providers name, on these alone
 * - `release`: everywhere, within what the admission policy of the chart lets through
 * - `deliveries`: where keys are delivered to
 * - `restarts`: where workloads are restarted after a rotation
 * - `own`: the namespace of the operator
 */
export type RightScope = 'objects' | 'cluster' | 'credentials' | 'release' | 'deliveries' | 'restarts' | 'own';

/** Verbs of the Kubernetes API that the operator uses. */
type Verb = 'get' | 'list' | 'watch' | 'create' | 'patch' | 'delete';

/** Some calls on some kinds, all of one API group. */
export interface KubeRight {
  readonly scope: RightScope;
  readonly types: readonly ResourceType[];
  /** Of these objects, not the objects themselves. */
  readonly subresource?: 'status';
  readonly verbs: readonly Verb[];
  /** The only objects that are meant; absent: all. */
  readonly names?: readonly string[];
  /** What the operator does with it. */
  readonly why: string;
}

const OURS = KINDS.map(({ type }) => type);
const EXTERNAL = OURS.filter(({ kind }) => kind !== 'Provider');
const CHILDREN = OURS.filter(({ kind }) => ['User', 'AccessKey', 'BucketPolicy'].includes(kind));

/**
 * Every call on the Kubernetes API that the operator makes. The roles of the chart are made of this table, and the test
 * worlds refuse what is not in it: to call something new, add a line.
 */
export const KUBE_RIGHTS: readonly KubeRight[] = [
  {
    scope: 'objects',
    types: OURS,
    verbs: ['list', 'watch', 'patch'],
    why: 'read the objects; patch sets and takes away our finalizer',
  },
  {
    scope: 'objects',
    types: EXTERNAL,
    verbs: ['get'],
    why: 'the object as it is now, before what cannot be taken back',
  },
  { scope: 'objects', types: OURS, subresource: 'status', verbs: ['patch'], why: 'say how they are' },
  { scope: 'objects', types: CHILDREN, verbs: ['create', 'delete'], why: 'what spec.autoManage of a Bucket makes' },
  { scope: 'objects', types: [EVENTS], verbs: ['create', 'patch'], why: 'Events, on change only' },
  {
    scope: 'objects',
    types: [REFERENCE_GRANTS],
    verbs: ['list', 'watch'],
    why: 'references into other namespaces, where the Gateway API is installed',
  },
  {
    scope: 'cluster',
    types: [NAMESPACES],
    verbs: ['get', 'list', 'watch'],
    why: 'labels, for Providers that admit namespaces by a selector; whether one is being deleted; the uid of kube-system, which names the cluster',
  },
  {
    scope: 'cluster',
    types: [CRDS],
    verbs: ['get'],
    names: OURS.map(({ plural, group }) => `${plural}.${group}`),
    why: 'whether our definitions are being deleted: then nothing outside is touched',
  },
  {
    scope: 'credentials',
    types: [SECRETS],
    verbs: ['get', 'list', 'watch', 'patch'],
    why: 'the credentials that Providers name; patch holds them with a finalizer while they are in use',
  },
  {
    scope: 'release',
    types: [SECRETS],
    verbs: ['patch'],
    why: 'let go of credentials in a namespace that is being deleted, whose roles go before them',
  },
  {
    scope: 'deliveries',
    types: [SECRETS],
    verbs: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
    why: 'the Secrets that keys are delivered in; list and watch read metadata alone, to repair them at once',
  },
  {
    scope: 'deliveries',
    types: [CONFIG_MAPS],
    verbs: ['get', 'create', 'patch', 'delete'],
    why: 'the preset obc of outputs',
  },
  {
    scope: 'restarts',
    types: Object.values(WORKLOADS),
    verbs: ['get', 'patch'],
    why: 'spec.restart of an AccessKey; who may patch a workload may run any image in its namespace',
  },
  {
    scope: 'own',
    types: [LEASES],
    verbs: ['get', 'list', 'watch', 'create', 'patch'],
    why: 'one of several replicas writes at a time',
  },
];

/** A rule as RBAC writes it. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** The rules of those scopes, in the order of the table. */
export function policyRules(scopes: readonly RightScope[]): readonly PolicyRule[] {
  return KUBE_RIGHTS.filter(({ scope }) => scopes.includes(scope)).map(policyRule);
}

function policyRule({ types, subresource, verbs, names }: KubeRight): PolicyRule {
  const suffix = subresource === undefined ? '' : `/${subresource}`;
  return {
    apiGroups: [...new Set(types.map(({ group }) => group))],
    resources: types.map(({ plural }) => `${plural}${suffix}`),
    ...(names === undefined ? {} : { resourceNames: names }),
    verbs,
  };
}
