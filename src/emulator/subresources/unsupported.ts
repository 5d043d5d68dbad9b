import { bucketRead, bucketWrite } from '../call.ts';
import { type Subresource, unsupported } from './subresource.ts';

/** What AWS S3 has and Wasabi does not, by the name in the query and the name in the operations. */
const NAMES: readonly (readonly [query: string, name: string])[] = [
  ['website', 'BucketWebsite'],
  ['notification', 'BucketNotificationConfiguration'],
  ['inventory', 'BucketInventoryConfiguration'],
  ['analytics', 'BucketAnalyticsConfiguration'],
  ['metrics', 'BucketMetricsConfiguration'],
  ['ownershipControls', 'BucketOwnershipControls'],
  ['intelligent-tiering', 'BucketIntelligentTieringConfiguration'],
  ['policyStatus', 'BucketPolicyStatus'],
  ['metadataConfiguration', 'BucketMetadataConfiguration'],
  ['abac', 'BucketAbac'],
];

/** One subresource each, every method of which is refused. */
export const unsupportedSubresources: readonly Subresource[] = NAMES.map(([query, name]) => {
  const refuse: Parameters<typeof bucketRead>[1] = (call) => {
    throw unsupported(call);
  };
  return {
    query,
    operations: {
      GET: bucketRead(`Get${name}`, refuse),
      PUT: bucketWrite(`Put${name}`, refuse),
      DELETE: bucketWrite(`Delete${name}`, refuse),
    },
  };
});
