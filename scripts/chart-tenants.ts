/** `admission.tenancy.tenants` of the chart: what it may hold, and what it means. */

/** A JSON Schema of one value. */
export type Schema = Readonly<Record<string, unknown>>;

/** Names of namespaces, each once. */
export const NAMESPACES: Schema = {
  type: 'array',
  uniqueItems: true,
  items: { type: 'string', pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$' },
};
const texts: Schema = { type: 'array', minItems: 1, items: { type: 'string' } };
/** One condition of a selector of labels. */
const condition = (operators: readonly string[], values: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  additionalProperties: false,
  required: ['key', 'operator', ...Object.keys(values)],
  properties: { key: { type: 'string' }, operator: { enum: operators }, ...values },
});
const namespaceSelector: Schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    matchLabels: { type: 'object', additionalProperties: { type: 'string' } },
    matchExpressions: {
      type: 'array',
      items: { oneOf: [condition(['In', 'NotIn'], { values: texts }), condition(['Exists', 'DoesNotExist'], {})] },
    },
  },
};
const PROVIDER = '^[a-z0-9]([a-z0-9-]*[a-z0-9])?/([*]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)$';
const BUCKET_NAME = '^([a-z0-9.*-]|[{]namespace[}])+$';

/** The schema of the entries. */
export const TENANTS: Schema = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    properties: {
      namespaces: { ...NAMESPACES, minItems: 1 },
      namespaceSelector,
      providers: { type: 'array', minItems: 1, items: { type: 'string', pattern: PROVIDER } },
      bucketNames: { type: 'array', minItems: 1, items: { type: 'string', pattern: BUCKET_NAME } },
      insecureTls: { type: 'boolean' },
    },
    oneOf: [{ required: ['namespaces'] }, { required: ['namespaceSelector'] }],
  },
};

/** The part of the page of the chart about them. */
export const TENANTS_PAGE: readonly string[] = [
  '## Tenants',
  '',
  '`spec.allowedNamespaces` of a Provider is its owner’s word. With `admission.tenancy.enabled` the administrator of the',
  'cluster has one too: the API server refuses at once what no entry of `admission.tenancy.tenants` permits, and says which',
  'field, which value and what to do.',
  '',
  '```yaml',
  'admission:',
  '  tenancy:',
  '    enabled: true',
  '    action: Deny              # Warn: say so and let it through',
  '    tenants:',
  '      - namespaceSelector: {} # every namespace',
  "        bucketNames: ['{namespace}', '{namespace}-*']",
  '      - namespaces: [team-a, team-b]',
  '        providers: [platform/wasabi-eu]',
  '      - namespaceSelector: {matchLabels: {tier: batch}}',
  "        providers: ['platform/*']",
  '        bucketNames: [batch.*]',
  '        insecureTls: true     # needs operator.allowInsecureTls',
  '```',
  '',
  'An entry is about the namespaces that it lists, or that its selector matches; a namespace may do what one of the entries',
  'about it permits.',
  '',
  '| Field | Permits | When no entry about the namespace has it |',
  '| --- | --- | --- |',
  '| `providers` | these Providers of other namespaces, as `NAMESPACE/NAME` or `NAMESPACE/*` | Providers of the same namespace alone |',
  '| `bucketNames` | these names of buckets; `*` stands for any text, `{namespace}` for the name of the namespace | every name |',
  '| `insecureTls` | `spec.tls.insecureSkipVerify: true` of Providers | none may switch the verification off |',
  '',
  'What an object has already is no reason to refuse an edit of something else: objects that are older than an entry can be',
  'edited, reported on and deleted. Neither does the policy hold for what the operator itself makes (`spec.autoManage`): objects',
  'that were admitted ask for it.',
  '',
  'The operator asks once more whether a Provider may be used (`spec.allowedNamespaces`) and whether an unverified TLS may be',
  '(`operator.allowInsecureTls`). The names of buckets are a matter of admission alone: with the policy switched off, or with',
  '`action: Warn`, nothing else decides which names a namespace may choose.',
  '',
];
