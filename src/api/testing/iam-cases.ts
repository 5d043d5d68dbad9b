import type { Draft, SchemaCase } from './schema-case.ts';

const policy = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::logs/*' }] };

const selectors = [
  { title: 'a selector without from: Selector', allowedNamespaces: { selector: {} }, refusal: 'selector goes with' },
  {
    title: 'a selector without values',
    allowedNamespaces: { from: 'Selector', selector: { matchExpressions: [{ key: 'team', operator: 'In' }] } },
    refusal: 'values must be given',
  },
];

const narrow = {
  title: 'a selector with a condition',
  allowedNamespaces: {
    from: 'Selector',
    selector: {
      matchExpressions: [
        { key: 'team', operator: 'In', values: ['a'] },
        { key: 'old', operator: 'DoesNotExist' },
      ],
    },
  },
};

/** The least User, with these fields added. */
function user(fields: object = {}, status?: object): Draft {
  const spec = { providerRef: { name: 'wasabi-eu' }, name: 'team-a', ...fields };
  return status === undefined ? { spec } : { spec, status };
}

/** The least IAMPolicy, with these fields added. */
function iamPolicy(fields: object = {}, status?: object): Draft {
  const spec = { providerRef: { name: 'wasabi-eu' }, policy, ...fields };
  return status === undefined ? { spec } : { spec, status };
}

/** What the schema of User accepts and refuses. */
export const userCases: readonly Omit<SchemaCase, 'kind'>[] = [
  { title: 'the least User', to: user() },
  {
    title: 'every field',
    to: user({
      suspend: false,
      mode: 'Manage',
      policy,
      policyRef: { name: 'read-logs' },
      policyRefs: [{ name: 'write-logs', namespace: 'shared' }],
      managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3FullAccess'],
      groups: ['backup-writers'],
      tags: { team: 'a' },
      adoptionPolicy: 'AdoptOrCreate',
      deletionPolicy: 'Retain',
      allowedNamespaces: { from: 'All' },
    }),
  },
  {
    title: 'the casing of AWS, one text, and elements that the schema does not name',
    to: user({ policy: { Version: '2012-10-17', Statement: { Effect: 'Deny', NotAction: 's3:*', NotResource: '*' } } }),
  },
  { title: 'stored by the predecessor', to: user({ policy }, { userId: 'AIDA1', created: true, conditions: [] }) },
  { title: 'no name', to: { spec: { providerRef: { name: 'wasabi-eu' } } }, refusal: 'name' },
  { title: 'a name with a slash', to: user({ name: 'a/b' }), refusal: 'name may hold letters' },
  { title: 'a group with a space', to: user({ groups: ['a b'] }), refusal: 'groups may hold letters' },
  { title: 'a name of 65', to: user({ name: 'a'.repeat(65) }), refusal: 'name' },
  {
    title: 'an ARN that is none',
    to: user({ managedPolicyArns: ['AdministratorAccess'] }),
    refusal: 'managedPolicyArns takes whole ARNs, such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess',
  },
  {
    title: 'the ARN of a user',
    to: user({ managedPolicyArns: ['arn:aws:iam::1:user/a'] }),
    refusal: 'managedPolicyArns',
  },
  { title: 'eleven groups', to: user({ groups: Array.from({ length: 11 }, (_, n) => `g${n}`) }), refusal: 'groups' },
  { title: 'another name', from: user(), to: user({ name: 'team-b' }), refusal: 'name cannot change' },
  {
    title: 'another Provider',
    from: user(),
    to: user({ providerRef: { name: 'other' } }),
    refusal: 'providerRef cannot change',
  },
  { title: 'no spec', to: {}, refusal: 'spec is missing' },
  ...selectors.map(({ title, refusal, ...fields }) => ({ title, to: user(fields), refusal })),
  { title: narrow.title, to: user({ allowedNamespaces: narrow.allowedNamespaces }) },
  { title: 'another policy', from: user({ policy }), to: user({ policyRef: { name: 'read-logs' } }) },
];

/** What the schema of IAMPolicy accepts and refuses. */
export const iamPolicyCases: readonly Omit<SchemaCase, 'kind'>[] = [
  { title: 'the least IAMPolicy', to: iamPolicy() },
  {
    title: 'every field',
    to: iamPolicy({
      name: 'read-logs',
      description: 'Reads the logs',
      tags: { team: 'a' },
      adoptionPolicy: 'AdoptOnly',
      deletionPolicy: 'Delete',
      allowedNamespaces: { from: 'Same' },
    }),
  },
  {
    title: 'stored by the predecessor',
    to: iamPolicy({}, { applied: true, policyArn: 'arn:aws:iam::*:policy/read-logs', attachedUsers: [] }),
  },
  { title: 'no policy', to: { spec: { providerRef: { name: 'wasabi-eu' } } }, refusal: 'policy' },
  { title: 'a name with a slash', to: iamPolicy({ name: 'a/b' }), refusal: 'name' },
  {
    title: 'another name',
    from: iamPolicy({ name: 'a' }),
    to: iamPolicy({ name: 'b' }),
    refusal: 'name cannot change',
  },
  { title: 'a name added', from: iamPolicy(), to: iamPolicy({ name: 'b' }), refusal: 'name cannot change' },
  { title: 'the name taken out', from: iamPolicy({ name: 'a' }), to: iamPolicy(), refusal: 'name cannot change' },
  {
    title: 'another Provider',
    from: iamPolicy(),
    to: iamPolicy({ providerRef: { name: 'other' } }),
    refusal: 'providerRef cannot change',
  },
  { title: 'no spec', to: {}, refusal: 'spec is missing' },
  ...selectors.map(({ title, refusal, ...fields }) => ({ title, to: iamPolicy(fields), refusal })),
  { title: narrow.title, to: iamPolicy({ allowedNamespaces: narrow.allowedNamespaces }) },
  { title: 'another document', from: iamPolicy(), to: iamPolicy({ policy: { statement: [] } }) },
];
