import { accessKeyCases } from './access-key-cases.ts';
import { bucketCases } from './bucket-cases.ts';
import { bucketPolicyCases } from './bucket-policy-cases.ts';
import { bucketSettingCases } from './bucket-setting-cases.ts';
import { iamPolicyCases, userCases } from './iam-cases.ts';
import { nameCases } from './name-cases.ts';
import { providerCases } from './provider-cases.ts';
import type { SchemaCase } from './schema-case.ts';

/** What the schemas accept and refuse. The same list is asked of our reading of the schemas and of a real API server. */
export const SCHEMA_CASES: readonly SchemaCase[] = [
  ...providerCases.map((each): SchemaCase => ({ ...each, kind: 'Provider' })),
  ...[...bucketCases, ...bucketSettingCases].map((each): SchemaCase => ({ ...each, kind: 'Bucket' })),
  ...bucketPolicyCases.map((each): SchemaCase => ({ ...each, kind: 'BucketPolicy' })),
  ...userCases.map((each): SchemaCase => ({ ...each, kind: 'User' })),
  ...iamPolicyCases.map((each): SchemaCase => ({ ...each, kind: 'IAMPolicy' })),
  ...nameCases,
  ...accessKeyCases.map((each): SchemaCase => ({ ...each, kind: 'AccessKey' })),
];
