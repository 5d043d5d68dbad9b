import { PROVIDER_DEFAULTS } from './api/provider-connection.ts';
import { type ConfigRow, choice, namespaceProblem, namespacesRow, number, textRow, toggle } from './config-rows.ts';
import { type TracingConfig, tracingRows } from './config-tracing.ts';
import { listOf, oneOf, problemOf, scaled, wholeNumber } from './config-values.ts';
import { ADMIN_PORT } from './telemetry/admin-port.ts';
import { LOG_LEVELS, type LogLevel } from './telemetry/log-level.ts';
import { parseAllowedEndpoints } from './wasabi/allowed-endpoints.ts';

/** The settings as they were given, each of its own type. */
export interface RawConfig extends TracingConfig {
  readonly metricsPort: number;
  /** On loopback alone. */
  readonly adminPort: number;
  readonly profiling: boolean;
  /** Undefined: an object is compared only when it changes, or when somebody asks. */
  readonly driftCheckIntervalMs: number | undefined;
  /** Undefined: what was deleted outside is found by the comparison of each object alone. */
  readonly existenceCheckIntervalMs: number | undefined;
  /** How long a new key may take to work before somebody is warned. */
  readonly userReadinessTimeoutMs: number;
  readonly k8sRateLimit: number | undefined;
  readonly wasabiRateLimit: number;
  readonly watchScope: 'cluster' | 'namespaced';
  readonly watchNamespaces: readonly string[];
  readonly secretNamespaces: readonly string[];
  readonly logLevel: LogLevel;
  readonly logFormat: 'json' | 'text';
  readonly allowedEndpoints: readonly string[];
  readonly kubeconfig: string | undefined;
  readonly leaderElect: boolean;
  readonly leaderElectionNamespace: string | undefined;
  readonly maxConcurrentReconciles: number;
  readonly clusterId: string | undefined;
  readonly observeOnly: boolean;
  readonly allowLegacyCrossNamespace: boolean;
  readonly allowInsecureTls: boolean;
}

const MIN_INTERVAL_SECONDS = 10;
const MAX_INTERVAL_SECONDS = 86_400;
const MAX_READINESS_SECONDS = 3_600;
const MAX_RATE = 10_000;
const CLUSTER_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,35}$/;

/** Every setting. To add one: a line in RawConfig and a row here; help, docs and checks follow. */
export const configTable: readonly ConfigRow<keyof RawConfig>[] = [
  number(
    'metricsPort',
    'metrics-port',
    8080,
    { min: 0, max: 65_535 },
    'port of /metrics, /healthz and /readyz; 0 takes any free one',
  ),
  number(
    'adminPort',
    'admin-port',
    ADMIN_PORT,
    { min: 0, max: 65_535 },
    'port of /log-level and /profile, on loopback alone; 0 takes any free one',
  ),
  toggle('profiling', 'profiling', false, 'serve profiles of the process at the admin port'),
  interval(
    'driftCheckIntervalMs',
    'drift-check-interval-seconds',
    300,
    'how often each object is compared with the service, or as often as a fifth of the rate of its account suffices for; 0: only at start, when it changes or somebody asks',
  ),
  interval(
    'existenceCheckIntervalMs',
    'existence-check-interval-seconds',
    55,
    'how often buckets, users and policies of each account are listed, to find those that somebody deleted; 0, or without drift checks: never',
  ),
  {
    ...number(
      'userReadinessTimeoutMs',
      'user-readiness-timeout-seconds',
      60,
      { min: 1, max: MAX_READINESS_SECONDS },
      'how long a new access key may take to work before a Warning event',
    ),
    fallback: 60_000,
    parse: (text) => scaled(wholeNumber(text, 1, MAX_READINESS_SECONDS), 1_000),
  },
  {
    ...number(
      'k8sRateLimit',
      'k8s-rate-limit-per-second',
      0,
      { min: 1, max: MAX_RATE },
      'most calls a second to the Kubernetes API',
    ),
    fallback: undefined,
    shown: 'none',
  },
  number(
    'wasabiRateLimit',
    'wasabi-rate-limit-per-second',
    PROVIDER_DEFAULTS.requestsPerSecond,
    { min: 1, max: MAX_RATE },
    'most calls a second to one account whose Provider names no limit',
  ),
  choice(
    'watchScope',
    'watch-scope',
    'cluster',
    ['cluster', 'namespaced'],
    'watch all namespaces, or those of --watch-namespaces (else the own one)',
  ),
  namespacesRow('watchNamespaces', 'watch-namespaces', 'all', 'namespaces to watch'),
  namespacesRow(
    'secretNamespaces',
    'secret-namespaces',
    'those that are watched',
    'namespaces in which Secrets may be listed; a delivered one that changes elsewhere is repaired at the next comparison',
  ),
  {
    ...choice('logLevel', 'log-level', 'info', LOG_LEVELS, 'what is logged; audit lines always are'),
    // The predecessor's spelling.
    parse: (text) => oneOf(text.toLowerCase().replace(/^warning$/, 'warn'), LOG_LEVELS),
  },
  choice('logFormat', 'log-format', 'json', ['json', 'text'], 'one JSON object a line, or lines for people'),
  {
    ...textRow('allowedEndpoints', 'allowed-endpoints', 'entries', 'where Providers may send calls to'),
    fallback: ['*.wasabisys.com'],
    shown: '`*.wasabisys.com`',
    values: 'hosts, `*.suffix`, or `http://HOST[:PORT]` for plain HTTP, separated by commas',
    parse: (text) => listOf(text, (entry) => problemOf(() => parseAllowedEndpoints([entry]))),
  },
  // KUBECONFIG keeps its meaning of a list of files, which is not this flag's.
  {
    ...textRow('kubeconfig', 'kubeconfig', 'file', 'the kubeconfig to use'),
    variable: undefined,
    shown: 'in-cluster, else KUBECONFIG, else ~/.kube/config',
  },
  toggle('leaderElect', 'leader-elect', true, 'let one of several replicas write at a time'),
  {
    ...textRow('leaderElectionNamespace', 'leader-election-namespace', 'name', 'namespace of the Lease'),
    shown: 'the own one',
    parse: (text) => {
      const problem = namespaceProblem(text);
      return problem === undefined ? text : new Error(problem);
    },
  },
  number(
    'maxConcurrentReconciles',
    'max-concurrent-reconciles',
    64,
    { min: 1, max: 1_000 },
    'objects of one kind worked on at the same time, at most a quarter of them of one Provider',
  ),
  {
    ...textRow(
      'clusterId',
      'cluster-id',
      'id',
      'the name of this cluster in ownership markers; keep it when a cluster is rebuilt',
    ),
    shown: 'the uid of the namespace kube-system',
    values: '1 to 36 letters, digits, `.`, `_`, `-`',
    parse: (text) =>
      CLUSTER_ID.test(text) ? text : new Error(`"${text}" must be 1 to 36 letters, digits, ".", "_" or "-"`),
  },
  toggle(
    'observeOnly',
    'observe-only',
    false,
    'treat every object as if its mode were Observe: nothing is written to the service',
  ),
  toggle(
    'allowLegacyCrossNamespace',
    'allow-legacy-cross-namespace',
    false,
    'let references of the published kinds cross namespaces without a grant',
  ),
  toggle('allowInsecureTls', 'allow-insecure-tls', false, 'let Providers switch off the verification of certificates'),
  ...tracingRows,
];

/**
 * What is wrong with settings that are right one by one.
 * @param config a setting that is not there is wrong by itself
 */
export function configProblems(
  { watchScope, watchNamespaces }: { readonly [N in keyof RawConfig]?: unknown },
  ownNamespace: string | undefined,
): readonly string[] {
  const problems: string[] = [];
  const namesNone = Array.isArray(watchNamespaces) && watchNamespaces.length === 0;
  if (watchScope === 'namespaced' && namesNone && ownNamespace === undefined) {
    problems.push('--watch-scope: namespaced needs --watch-namespaces when the operator runs outside a cluster');
  }
  return problems;
}

/** A row in seconds for a time between two looks; 0 for never. */
function interval(
  key: 'driftCheckIntervalMs' | 'existenceCheckIntervalMs',
  flag: string,
  fallbackSeconds: number,
  meaning: string,
): ConfigRow<keyof RawConfig> {
  return {
    ...number(key, flag, fallbackSeconds, { min: MIN_INTERVAL_SECONDS, max: MAX_INTERVAL_SECONDS }, meaning),
    fallback: fallbackSeconds * 1_000,
    values: `${MIN_INTERVAL_SECONDS} to ${MAX_INTERVAL_SECONDS}, or 0`,
    parse: (text) => {
      if (text.trim() === '0') return undefined;
      const value = wholeNumber(text, MIN_INTERVAL_SECONDS, MAX_INTERVAL_SECONDS);
      return value instanceof Error ? new Error(`${value.message}, or 0 for never`) : value * 1_000;
    },
  };
}
