import { getBucketLocation } from '../buckets.ts';
import { bucketAcl, objectAcl } from './acl.ts';
import { bucketCompliance, objectCompliance } from './compliance.ts';
import { cors } from './cors.ts';
import { encryption } from './encryption.ts';
import { lifecycle } from './lifecycle.ts';
import { logging } from './logging.ts';
import { objectLockConfiguration } from './object-lock-configuration.ts';
import { legalHold, retention } from './object-lock-of-object.ts';
import { objectTagging } from './object-tagging.ts';
import { policy } from './policy.ts';
import { publicAccessBlock } from './public-access-block.ts';
import { replication } from './replication.ts';
import { accelerate, requestPayment } from './request-payment.ts';
import type { Subresource } from './subresource.ts';
import { tagging } from './tagging.ts';
import { unsupportedSubresources } from './unsupported.ts';
import { versioning } from './versioning.ts';

/** What a bucket has beside its content, one entry a name in the query. */
export const bucketSubresources: readonly Subresource[] = [
  { query: 'location', operations: { GET: getBucketLocation } },
  versioning,
  tagging,
  lifecycle,
  cors,
  encryption,
  objectLockConfiguration,
  bucketCompliance,
  logging,
  replication,
  bucketAcl,
  policy,
  publicAccessBlock,
  requestPayment,
  accelerate,
  ...unsupportedSubresources,
];

/** What an object has beside its content. */
export const objectSubresources: readonly Subresource[] = [
  objectTagging,
  objectAcl,
  retention,
  legalHold,
  objectCompliance,
];
