import { MONITORING, TRACING } from './chart-observability.ts';
import { NAMESPACES, type Schema, TENANTS } from './chart-tenants.ts';

/** One value of the chart. */
export interface ChartValue {
  /** Where it stands in values.yaml. */
  readonly path: string;
  readonly schema: Schema;
  readonly meaning: string;
}

const text: Schema = { type: 'string' };
const flag: Schema = { type: 'boolean' };
const map: Schema = { type: 'object' };
const texts: Schema = { type: 'array', items: text };
const objects: Schema = { type: 'array', items: map };
const cidrs: Schema = { type: 'array', minItems: 1, items: { type: 'string', pattern: '^[0-9a-fA-F.:]+/[0-9]+$' } };
const ports: Schema = { type: 'array', minItems: 1, items: { type: 'integer', minimum: 1, maximum: 65_535 } };
const labels: Schema = { type: 'object', additionalProperties: text };
const choice = (...values: readonly string[]): Schema => ({ enum: values });
const number = (minimum: number, maximum: number): Schema => ({ type: 'integer', minimum, maximum });

/** Every value of the chart: schema and README are made of this table, and values.yaml holds its defaults. */
export const CHART_VALUES: readonly ChartValue[] = [
  {
    path: 'replicaCount',
    schema: number(0, 10),
    meaning: 'pods; one works, the others stand by with everything listed',
  },
  { path: 'image.repository', schema: text, meaning: 'where the image is' },
  { path: 'image.tag', schema: text, meaning: 'empty: the version of the chart' },
  {
    path: 'image.digest',
    schema: { type: 'string', pattern: '^(sha256:[0-9a-f]{64})?$' },
    meaning: 'wins over the tag',
  },
  { path: 'image.pullPolicy', schema: choice('Always', 'IfNotPresent', 'Never'), meaning: 'when it is pulled' },
  { path: 'imagePullSecrets', schema: objects, meaning: 'Secrets to pull it with, such as `[{name: registry}]`' },
  { path: 'nameOverride', schema: text, meaning: 'instead of the name of the chart in labels and names' },
  { path: 'fullnameOverride', schema: text, meaning: 'the name of every object' },
  {
    path: 'operator.watchScope',
    schema: choice('cluster', 'namespaced'),
    meaning: 'all namespaces, or those of `operator.watchNamespaces` with Roles instead of a ClusterRole',
  },
  {
    path: 'operator.watchNamespaces',
    schema: NAMESPACES,
    meaning: 'with the scope `namespaced`; empty: the namespace of the release',
  },
  {
    path: 'operator.clusterId',
    schema: { type: 'string', pattern: '^([A-Za-z0-9][A-Za-z0-9._-]{0,35})?$' },
    meaning:
      'names this cluster in the marks on what it owns; empty: the uid of kube-system. Needed with the scope `namespaced`',
  },
  {
    path: 'operator.allowedEndpoints',
    schema: { type: 'array', items: { type: 'string', pattern: '^[^\\s,]+$' } },
    meaning: 'where Providers may send calls to; empty: `*.wasabisys.com`',
  },
  { path: 'operator.logLevel', schema: choice('debug', 'info', 'warn', 'error'), meaning: 'what is logged' },
  {
    path: 'operator.logFormat',
    schema: choice('json', 'text'),
    meaning: 'one JSON object a line, or lines for people',
  },
  {
    path: 'operator.metricsPort',
    schema: number(1024, 65_535),
    meaning: 'port of the container for metrics and probes',
  },
  {
    path: 'operator.adminPort',
    schema: number(1024, 65_535),
    meaning: 'port on loopback for the log level and profiles: docs/operations/logs.md',
  },
  { path: 'operator.profiling', schema: flag, meaning: 'serve profiles on loopback: docs/operations/profiling.md' },
  {
    path: 'operator.driftCheckIntervalSeconds',
    schema: { oneOf: [{ const: 0 }, number(10, 86_400)] },
    meaning:
      'how often each object is compared with the service, or as often as a fifth of the rate of its account suffices for; 0: only at start, when it changes or somebody asks',
  },
  {
    path: 'operator.existenceCheckIntervalSeconds',
    schema: { oneOf: [{ const: 0 }, number(10, 86_400)] },
    meaning: "how often an account's buckets, users and policies are listed, to find deleted ones; 0: never",
  },
  {
    path: 'operator.userReadinessTimeoutSeconds',
    schema: number(1, 3_600),
    meaning: 'how long a new key may take to work before a Warning',
  },
  {
    path: 'operator.wasabiRateLimitPerSecond',
    schema: number(1, 10_000),
    meaning: 'most calls a second to one account whose Provider names no limit',
  },
  {
    path: 'operator.k8sRateLimitPerSecond',
    schema: { type: ['integer', 'null'], minimum: 1, maximum: 10_000 },
    meaning: 'most calls a second to the Kubernetes API; null: no limit',
  },
  {
    path: 'operator.maxConcurrentReconciles',
    schema: number(1, 1_000),
    meaning: 'objects of one kind that are worked on at the same time',
  },
  { path: 'operator.observeOnly', schema: flag, meaning: 'look at everything and write nothing to the service' },
  {
    path: 'operator.allowLegacyCrossNamespace',
    schema: flag,
    meaning: 'let references cross namespaces without a grant, as the predecessor did',
  },
  {
    path: 'operator.allowInsecureTls',
    schema: flag,
    meaning: 'let Providers switch off the verification of certificates',
  },
  { path: 'operator.extraArgs', schema: texts, meaning: 'further flags: docs/reference/configuration.md' },
  ...TRACING,
  {
    path: 'crds.enabled',
    schema: flag,
    meaning: 'whether the definitions come with the release and are upgraded with it',
  },
  {
    path: 'crds.keep',
    schema: flag,
    meaning: 'whether they stay when the release is uninstalled; without them every object goes',
  },
  { path: 'serviceAccount.create', schema: flag, meaning: 'whether the ServiceAccount comes with the release' },
  { path: 'serviceAccount.name', schema: text, meaning: 'its name; empty: that of the release' },
  { path: 'serviceAccount.annotations', schema: labels, meaning: 'its annotations' },
  { path: 'rbac.create', schema: flag, meaning: 'whether roles come with the release' },
  {
    path: 'rbac.preset',
    schema: choice('minimal', 'scoped', 'full'),
    meaning:
      '`scoped`: Secrets in the namespaces of `rbac.namespaces`; `minimal`: there those of keys, and the credentials of Providers by the names in `rbac.credentials`; `full`: Secrets everywhere',
  },
  {
    path: 'rbac.namespaces',
    schema: NAMESPACES,
    meaning:
      'where AccessKeys deliver, and with `scoped` where the credentials of Providers lie; empty: the namespace of the release; with the scope `namespaced` beside those that are watched, and with `minimal` in their place',
  },
  {
    path: 'rbac.credentials',
    schema: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['namespace', 'names'],
        properties: { namespace: text, names: { type: 'array', minItems: 1, items: text } },
      },
    },
    meaning: 'for `minimal`: `[{namespace: storage, names: [wasabi-credentials]}]`',
  },
  {
    path: 'rbac.restartNamespaces',
    schema: NAMESPACES,
    meaning: 'where `spec.restart` of an AccessKey may restart workloads; who may do that may run any image there',
  },
  { path: 'rbac.aggregate', schema: flag, meaning: 'whether the roles view, edit and admin of people cover our kinds' },
  {
    path: 'admission.secretFence',
    schema: flag,
    meaning:
      'whether the API server lets the operator write no Secrets and ConfigMaps but its own, whatever its roles allow',
  },
  {
    path: 'admission.tenancy.enabled',
    schema: flag,
    meaning:
      'whether the API server refuses what no entry of `admission.tenancy.tenants` permits; objects that are there keep what they have',
  },
  {
    path: 'admission.tenancy.action',
    schema: choice('Deny', 'Warn'),
    meaning: '`Warn`: say so and let it through, to try the entries out',
  },
  { path: 'admission.tenancy.tenants', schema: TENANTS, meaning: 'who may do what: see [Tenants](#tenants)' },
  { path: 'resources', schema: map, meaning: 'of the container' },
  { path: 'securityContext', schema: map, meaning: 'of the pod' },
  { path: 'containerSecurityContext', schema: map, meaning: 'of the container' },
  { path: 'nodeSelector', schema: labels, meaning: 'of the pod' },
  { path: 'tolerations', schema: objects, meaning: 'of the pod' },
  { path: 'affinity', schema: map, meaning: 'of the pod' },
  {
    path: 'topologySpreadConstraints',
    schema: objects,
    meaning: 'of the pod; empty: over nodes and zones where possible',
  },
  { path: 'priorityClassName', schema: text, meaning: 'of the pod' },
  {
    path: 'podDisruptionBudget.enabled',
    schema: flag,
    meaning: 'whether drains of nodes take one pod after the other; from two replicas on',
  },
  { path: 'podDisruptionBudget.maxUnavailable', schema: number(1, 10), meaning: 'pods that may be away at a time' },
  {
    path: 'service.type',
    schema: choice('ClusterIP', 'NodePort', 'LoadBalancer'),
    meaning: 'of the Service of the metrics',
  },
  { path: 'service.port', schema: number(1, 65_535), meaning: 'its port' },
  { path: 'service.annotations', schema: labels, meaning: 'its annotations' },
  ...MONITORING,
  {
    path: 'networkPolicy.enabled',
    schema: flag,
    meaning:
      'whether the pods reach names, the Kubernetes API and the endpoints alone, and are reached for metrics alone',
  },
  { path: 'networkPolicy.metricsFrom', schema: objects, meaning: 'peers that may read metrics; empty: all' },
  { path: 'networkPolicy.apiServer.cidrs', schema: cidrs, meaning: 'addresses of the Kubernetes API' },
  { path: 'networkPolicy.apiServer.ports', schema: ports, meaning: 'its ports' },
  { path: 'networkPolicy.endpoints.cidrs', schema: cidrs, meaning: 'addresses of the service' },
  { path: 'networkPolicy.endpoints.ports', schema: ports, meaning: 'its ports' },
  {
    path: 'networkPolicy.extraEgress',
    schema: objects,
    meaning: 'further rules, such as one for the collector of traces',
  },
  { path: 'labels', schema: labels, meaning: 'on every object but the definitions' },
  { path: 'annotations', schema: labels, meaning: 'on every object but the definitions' },
  { path: 'podLabels', schema: labels, meaning: 'on the pods' },
  { path: 'podAnnotations', schema: labels, meaning: 'on the pods' },
  { path: 'extraEnv', schema: objects, meaning: 'further environment variables of the container' },
  { path: 'extraVolumes', schema: objects, meaning: 'further volumes of the pod' },
  { path: 'extraVolumeMounts', schema: objects, meaning: 'where the container sees them' },
];

interface SchemaNode {
  type: 'object';
  additionalProperties: false;
  properties: Record<string, SchemaNode | Schema>;
}

const node = (): SchemaNode => ({ type: 'object', additionalProperties: false, properties: {} });

/** `values.schema.json`: what Helm refuses before it makes anything. */
export function valuesSchema(): object {
  const root = node();
  for (const { path, schema, meaning } of CHART_VALUES) {
    const names = path.split('.');
    const last = names.pop() ?? '';
    let parent = root;
    for (const name of names) parent = (parent.properties[name] ??= node()) as SchemaNode; // a path of the table
    parent.properties[last] = { description: meaning, ...schema };
  }
  root.properties['global'] = { type: 'object', description: 'of Helm itself, for charts of charts' };
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...root };
}

/** The default of a value in values.yaml; `undefined`: it is not there. */
export function defaultOf(values: unknown, path: string): unknown {
  let found = values;
  for (const name of path.split('.')) found = (found as Readonly<Record<string, unknown>> | undefined)?.[name];
  return found;
}
