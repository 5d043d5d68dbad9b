import type { Draft, SchemaCase } from './schema-case.ts';

const statement = { effect: 'Allow', principal: '*', action: 's3:GetObject', resource: 'arn:aws:s3:::logs/*' };

/** The least BucketPolicy, with these fields added. */
function bucketPolicy(fields: object = {}): Draft {
  return { spec: { bucketRef: { name: 'logs' }, policy: { statement: [statement] }, ...fields } };
}

/** What the schema of BucketPolicy accepts and refuses. */
export const bucketPolicyCases: readonly Omit<SchemaCase, 'kind'>[] = [
  { title: 'the least BucketPolicy', to: bucketPolicy() },
  {
    title: 'the casing of AWS',
    to: bucketPolicy({ policy: { Version: '2012-10-17', Statement: { Effect: 'Deny', NotPrincipal: '*' } } }),
  },
  {
    title: 'lists, a map of principals, and a condition',
    to: bucketPolicy({
      policy: {
        statement: [
          {
            ...statement,
            principal: { AWS: ['arn:aws:iam::wasabi:user/a'] },
            action: ['s3:GetObject'],
            condition: { Bool: { 'aws:SecureTransport': 'true' } },
          },
        ],
      },
    }),
  },
  {
    title: 'a reference to a User',
    to: bucketPolicy({ policy: { statement: [{ ...statement, principalRefs: [{ name: 'team-a' }] }] } }),
  },
  {
    title: 'a reference to another kind',
    to: bucketPolicy({ policy: { statement: [{ ...statement, principalRefs: [{ kind: 'Group', name: 'a' }] }] } }),
    refusal: 'principalRefs',
  },
  {
    title: 'another bucket',
    from: bucketPolicy(),
    to: bucketPolicy({ bucketRef: { name: 'other' } }),
    refusal: 'bucketRef cannot change',
  },
  { title: 'no spec', to: {}, refusal: 'spec is missing' },
  { title: 'no policy', to: bucketPolicy({ policy: undefined }), refusal: 'policy' },
];
