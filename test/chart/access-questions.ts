/** A question to the authorizer: a call on resources, or on a path that is no resource. */
export interface AccessQuestion {
  readonly verb: string;
  /** `RESOURCE.GROUP`, with the subresource after a slash: `buckets/status.s3.cloud37.dev`; or a path: `/metrics`. */
  readonly on: string;
  /** Absent: in all namespaces, or of a kind that has none. */
  readonly namespace?: string;
  readonly name?: string;
}

/** Where releases of the tests deliver keys. */
export const LISTED = 'team-a';
/** Where credentials lie, in the Secret `CREDENTIALS`. */
export const STORAGE = 'storage';
/** A namespace that they are not told of. */
export const UNLISTED = 'team-b';
/** Their own. */
export const OWN = 'wasabi-system';
/** The Secret that the preset minimal is told of. */
export const CREDENTIALS = 'wasabi-credentials';

const ask = (on: string, verbs: readonly string[], ...where: readonly (string | undefined)[]): AccessQuestion[] =>
  (where.length === 0 ? [undefined] : where).flatMap((namespace) =>
    verbs.map((verb) => ({ verb, on, ...(namespace === undefined ? {} : { namespace }) })),
  );
const OURS = 's3.cloud37.dev';

/** What the operator needs here and there, and what it must never be let do. */
export const ACCESS_QUESTIONS: readonly AccessQuestion[] = [
  ...['get', 'watch', 'patch', 'delete'].map((verb) => ({
    verb,
    on: 'secrets',
    namespace: STORAGE,
    name: CREDENTIALS,
  })),
  ...ask('secrets', ['get', 'list', 'watch', 'patch', 'create'], STORAGE),
  ...ask('secrets', ['get', 'list', 'watch', 'create', 'patch', 'delete'], LISTED),
  ...ask('secrets', ['get', 'list', 'create', 'patch', 'delete'], UNLISTED),
  ...ask('secrets', ['get', 'list', 'create', 'patch', 'delete'], OWN),
  ...ask('secrets', ['get', 'patch', 'delete'], 'kube-system'),
  ...ask('secrets', ['list', 'watch', 'update', 'deletecollection']),
  ...ask('configmaps', ['get', 'list', 'create', 'patch', 'delete'], LISTED),
  ...ask('configmaps', ['get', 'patch'], UNLISTED, 'kube-system'),
  ...ask(`buckets.${OURS}`, ['get', 'list', 'watch', 'patch', 'create', 'update', 'delete'], LISTED),
  ...ask(`buckets.${OURS}`, ['list', 'patch'], UNLISTED),
  ...ask(`buckets/status.${OURS}`, ['patch', 'update'], LISTED),
  ...ask(`users.${OURS}`, ['create', 'delete'], LISTED, UNLISTED),
  ...ask(`providers.${OURS}`, ['get', 'list', 'patch', 'delete'], LISTED),
  ...ask('events.events.k8s.io', ['create', 'list'], LISTED, UNLISTED),
  ...ask('leases.coordination.k8s.io', ['get', 'create', 'patch', 'delete'], OWN),
  ...ask('leases.coordination.k8s.io', ['get', 'patch'], 'kube-system'),
  ...ask('deployments.apps', ['get', 'patch'], LISTED, OWN),
  ...ask('namespaces', ['get', 'list', 'watch', 'patch', 'delete']),
  {
    verb: 'get',
    on: 'customresourcedefinitions.apiextensions.k8s.io',
    name: `buckets.${OURS}`,
  },
  ...ask('customresourcedefinitions.apiextensions.k8s.io', ['get', 'list', 'patch', 'delete']),
  ...ask('clusterroles.rbac.authorization.k8s.io', ['get', 'patch', 'escalate', 'bind']),
  ...ask('roles.rbac.authorization.k8s.io', ['create', 'patch', 'escalate', 'bind'], OWN, LISTED),
  ...ask('clusterrolebindings.rbac.authorization.k8s.io', ['create']),
  ...ask('rolebindings.rbac.authorization.k8s.io', ['create'], OWN, LISTED),
  ...['users', 'groups', 'serviceaccounts'].flatMap((who) => ask(who, ['impersonate'])),
  ...ask('serviceaccounts/token', ['create'], OWN, 'kube-system'),
  ...ask('pods', ['list', 'create'], LISTED, OWN),
  ...['pods/exec', 'pods/attach', 'pods/portforward', 'pods/ephemeralcontainers'].flatMap((part) =>
    ask(part, ['create', 'patch'], OWN),
  ),
  ...ask('pods/log', ['get'], LISTED),
  ...ask('nodes', ['get', 'list', 'patch']),
  ...ask('nodes/proxy', ['get', 'create']),
  ...ask('certificatesigningrequests.certificates.k8s.io', ['create', 'approve']),
  ...ask('validatingadmissionpolicies.admissionregistration.k8s.io', ['get', 'patch', 'delete']),
  ...ask('subjectaccessreviews.authorization.k8s.io', ['create']),
  ...ask('*.*', ['*']),
  ...ask('*', ['get'], LISTED),
  ...ask('/metrics', ['get']),
  ...ask('/debug/pprof', ['get']),
];

/** The question as a SubjectAccessReview has it. */
export function attributesOf({ verb, on, namespace, name }: AccessQuestion): object {
  if (on.startsWith('/')) return { nonResourceAttributes: { path: on, verb } };
  const [path = '', ...group] = on.split('.');
  const [resource, subresource] = path.split('/');
  const where = { ...(namespace === undefined ? {} : { namespace }), ...(name === undefined ? {} : { name }) };
  const what = { group: group.join('.'), resource, ...(subresource === undefined ? {} : { subresource }) };
  return { resourceAttributes: { verb, ...what, ...where } };
}

/** A table for people: a line a question, a column a preset and scope. @param answers by column, in the order of the questions */
export function accessTable(answers: Readonly<Record<string, readonly boolean[]>>): string {
  const columns = Object.keys(answers);
  const rows = ACCESS_QUESTIONS.map(({ verb, on, namespace, name }, index) => {
    const where = name === undefined ? (namespace ?? 'everywhere') : `${namespace ?? 'everywhere'}, \`${name}\``;
    const cells = columns.map((column) => (answers[column]?.[index] === true ? '**yes**' : 'no'));
    return `| ${verb} | \`${on}\` | ${where} | ${cells.join(' | ')} |`;
  });
  return `${[
    '# What each preset may do',
    '',
    '<!-- UPDATE_GOLDEN=1 npm run test:cluster -- test/cluster/rbac-presets.test.ts writes this anew; read what changed. -->',
    '',
    'The answers of a real API server to SubjectAccessReviews for the ServiceAccount of the operator: by `rbac.preset`, then by',
    `\`operator.watchScope\`. Keys are delivered in \`${LISTED}\`; credentials lie in \`${STORAGE}\`, in \`${CREDENTIALS}\`; nobody told`,
    `the releases of \`${UNLISTED}\`; \`${OWN}\` is their own namespace. Where \`patch\` on Secrets reads yes and \`get\` no, the`,
    'admission policy (`admission.secretFence`) lets nothing through but our finalizer on what is held by it, and the annotation',
    'beside that. Every other write to Secrets and ConfigMaps passes only where they are those of the operator, whatever is',
    'answered here; reading is as it is answered.',
    '',
    `| Verb | On | In | ${columns.join(' | ')} |`,
    `| --- | --- | --- |${' --- |'.repeat(columns.length)}`,
    ...rows,
  ].join('\n')}\n`;
}
