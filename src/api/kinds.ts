import { accessKeyDefinition } from './access-key.ts';
import { bucketDefinition } from './bucket.ts';
import { bucketPolicyDefinition } from './bucket-policy.ts';
import { iamPolicyDefinition } from './iam-policy.ts';
import type { KindDefinition } from './kind-definition.ts';
import { providerDefinition } from './provider.ts';
import { userDefinition } from './user.ts';

/** Every kind of this operator, in the order in which people meet them. */
export const KINDS: readonly KindDefinition[] = [
  providerDefinition,
  bucketDefinition,
  bucketPolicyDefinition,
  userDefinition,
  iamPolicyDefinition,
  accessKeyDefinition,
];
