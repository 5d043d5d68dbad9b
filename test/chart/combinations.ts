/** Values of the chart, and the name of the golden file of what becomes of them; definitions are left out of it. */
export const COMBINATIONS: Readonly<Record<string, object>> = {
  defaults: {},
  'one-replica': { replicaCount: 1 },
  'image-by-digest': {
    image: { repository: 'registry.example.com/operator', digest: `sha256:${'a'.repeat(64)}`, pullPolicy: 'Always' },
    imagePullSecrets: [{ name: 'registry' }],
  },
  'image-by-tag': { image: { tag: '9.9.9' } },
  names: { nameOverride: 'storage', serviceAccount: { name: 'storage-operator', annotations: { team: 'storage' } } },
  'full-name': { fullnameOverride: 'storage' },
  'own-service-account': { serviceAccount: { create: false, name: 'prepared' }, rbac: { create: false } },
  'scoped-namespaces': { rbac: { namespaces: ['storage', 'team-a'], restartNamespaces: ['team-a'] } },
  minimal: {
    rbac: {
      preset: 'minimal',
      namespaces: ['team-a'],
      credentials: [{ namespace: 'storage', names: ['wasabi-credentials', 'archive-credentials'] }],
    },
  },
  full: { rbac: { preset: 'full', aggregate: false } },
  'namespaced-own': { operator: { watchScope: 'namespaced', clusterId: 'staging' } },
  'namespaced-minimal': {
    operator: { watchScope: 'namespaced', watchNamespaces: ['team-a', 'team-b'], clusterId: 'staging' },
    rbac: {
      preset: 'minimal',
      namespaces: ['team-b'],
      credentials: [{ namespace: 'team-a', names: ['wasabi-credentials'] }],
    },
  },
  'namespaced-full': {
    operator: { watchScope: 'namespaced', watchNamespaces: ['team-a'], clusterId: 'staging' },
    rbac: { preset: 'full', namespaces: ['team-b'] },
  },
  'every-setting': {
    operator: {
      allowedEndpoints: ['*.wasabisys.com', 'http://emulator.storage.svc:9000'],
      logLevel: 'debug',
      logFormat: 'text',
      metricsPort: 9090,
      adminPort: 9091,
      profiling: true,
      driftCheckIntervalSeconds: 0,
      userReadinessTimeoutSeconds: 120,
      wasabiRateLimitPerSecond: 50,
      k8sRateLimitPerSecond: 100,
      maxConcurrentReconciles: 8,
      observeOnly: true,
      allowLegacyCrossNamespace: true,
      allowInsecureTls: true,
      clusterId: 'production',
      extraArgs: ['--leader-elect=false'],
    },
  },
  tenancy: {
    operator: { allowInsecureTls: true },
    admission: {
      tenancy: {
        enabled: true,
        tenants: [
          { namespaceSelector: {}, bucketNames: ['{namespace}', '{namespace}-*'] },
          { namespaces: ['team-a', 'team-b'], providers: ['platform/wasabi-eu'] },
          {
            namespaceSelector: {
              matchLabels: { tier: 'batch' },
              matchExpressions: [
                { key: 'region', operator: 'In', values: ['eu', 'us'] },
                { key: 'stage', operator: 'NotIn', values: ['test'] },
                { key: 'owner', operator: 'Exists' },
                { key: 'frozen', operator: 'DoesNotExist' },
              ],
            },
            providers: ['platform/*', 'archive/cold'],
            bucketNames: ['batch.*'],
            insecureTls: true,
          },
        ],
      },
    },
  },
  'tenancy-namespaced': {
    operator: { watchScope: 'namespaced', watchNamespaces: ['team-a'], clusterId: 'staging' },
    admission: { tenancy: { enabled: true, action: 'Warn' } },
  },
  'service-monitor': {
    serviceMonitor: { enabled: true, interval: '1m', scrapeTimeout: '20s', labels: { release: 'prometheus' } },
    service: { type: 'NodePort', port: 80, annotations: { 'example.com/zone': 'a' } },
  },
  tracing: {
    tracing: {
      enabled: true,
      endpoint: 'https://collector.tracing.svc:4317',
      protocol: 'grpc',
      sampler: 'parentbased_traceidratio',
      samplerRatio: 0.25,
      headersSecret: { name: 'collector', key: 'headers' },
      resourceAttributes: { 'deployment.environment.name': 'a b' },
    },
    networkPolicy: {
      enabled: true,
      extraEgress: [{ to: [{ namespaceSelector: {} }], ports: [{ port: 4317, protocol: 'TCP' }] }],
    },
  },
  'prometheus-rule': {
    prometheusRule: {
      enabled: true,
      labels: { release: 'prometheus' },
      disabled: ['WasabiDriftFight'],
      runbookUrl: 'https://example.com/alerts',
    },
  },
  'prometheus-rule-links': { prometheusRule: { enabled: true } },
  dashboard: {
    dashboard: { enabled: true, labels: { grafana_dashboard: 'yes' }, annotations: { grafana_folder: 'Storage' } },
  },
  'pod-monitor': { podMonitor: { enabled: true, labels: { release: 'prometheus' } } },
  'network-policy': { networkPolicy: { enabled: true } },
  'network-policy-closed': {
    networkPolicy: {
      enabled: true,
      metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
      apiServer: { cidrs: ['10.96.0.1/32', '192.168.0.0/24'], ports: [443] },
      endpoints: { cidrs: ['38.27.106.0/24'], ports: [443] },
    },
  },
  'labels-and-annotations': {
    labels: { team: 'storage' },
    annotations: { 'example.com/owner': 'storage' },
    podLabels: { tier: 'control' },
    podAnnotations: { 'example.com/scrape': 'no' },
    service: { annotations: { 'example.com/owner': 'metrics' } },
  },
  placement: {
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    tolerations: [{ key: 'dedicated', operator: 'Exists', effect: 'NoSchedule' }],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'x' } } },
        ],
      },
    },
    topologySpreadConstraints: [
      {
        topologyKey: 'rack',
        maxSkew: 2,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { a: 'b' } },
      },
    ],
    priorityClassName: 'system-cluster-critical',
    podDisruptionBudget: { maxUnavailable: 2 },
    replicaCount: 3,
  },
  'extra-parts': {
    extraEnv: [{ name: 'HTTPS_PROXY', value: 'http://proxy.example.com:3128' }],
    extraVolumes: [{ name: 'ca', configMap: { name: 'ca' } }],
    extraVolumeMounts: [{ name: 'ca', mountPath: '/etc/ca', readOnly: true }],
    resources: { limits: { memory: '1Gi' } },
    podDisruptionBudget: { enabled: false },
    admission: { secretFence: false },
  },
};
