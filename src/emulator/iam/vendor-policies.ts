import type { ManagedPolicy } from './entities.ts';

const CREATED_MS = Date.UTC(2015, 1, 6, 18, 39, 46);

/** The policies that every account has and none can change, by the names that Wasabi's pages show. */
const DOCUMENTS: readonly (readonly [name: string, id: string, actions: readonly string[]])[] = [
  ['AdministratorAccess', 'ANPAIWMBCKSKIEE64ZLYK', ['*']],
  ['AmazonS3FullAccess', 'ANPAIFIR6V6BVTRAHWINE', ['s3:*']],
  ['AmazonS3ReadOnlyAccess', 'ANPAIZTJ4DXE7G6AGAE6M', ['s3:Get*', 's3:List*']],
];

/** By ARN. */
export const VENDOR_POLICIES: ReadonlyMap<string, ManagedPolicy> = new Map(
  DOCUMENTS.map(([policyName, policyId, Action]): [string, ManagedPolicy] => {
    const arn = `arn:aws:iam::aws:policy/${policyName}`;
    const Statement = [{ Effect: 'Allow', Action, Resource: '*' }];
    const document = JSON.stringify({ Version: '2012-10-17', Statement });
    const policy: ManagedPolicy = {
      policyName,
      path: '/',
      arn,
      policyId,
      createdMs: CREATED_MS,
      updatedMs: CREATED_MS,
      defaultVersionId: 'v1',
      nextVersion: 2,
      versions: new Map([['v1', { versionId: 'v1', document, createdMs: CREATED_MS }]]),
    };
    return [arn, policy];
  }),
);
