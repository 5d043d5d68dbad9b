import { type Call, invalidArgument } from '../call.ts';
import { ServiceError } from '../errors.ts';
import type { Bucket } from '../state.ts';
import { integer, malformed, many, object, optional, required, text, type ValueOf } from '../xml-shape.ts';
import { storedDocument } from './subresource.ts';

const tag = object({ Key: required(text()), Value: required(text()) });
const switched = object({ Status: required(text(['Enabled', 'Disabled'])) });

const rule = object({
  ID: optional(text()),
  Priority: optional(integer(0)),
  Prefix: optional(text()),
  Filter: optional(
    object({
      Prefix: optional(text()),
      Tag: optional(tag),
      And: optional(object({ Prefix: optional(text()), Tag: many(tag) })),
    }),
  ),
  Status: required(text(['Enabled', 'Disabled'])),
  DeleteMarkerReplication: optional(switched),
  Destination: required(
    object({ Account: optional(text()), Bucket: required(text()), StorageClass: optional(text(['STANDARD'])) }),
  ),
});

const shape = object({ Role: optional(text()), Rule: many(rule, 1, 1000) });
type Rule = ValueOf<typeof rule>;

/** One rule of a bucket, its conditions in one place. */
export interface ReplicationRule {
  readonly prefix: string;
  readonly tags: readonly ValueOf<typeof tag>[];
  /** The higher one wins among rules for one destination. */
  readonly priority: number;
  readonly copiesMarkers: boolean;
  /** Name of the bucket. */
  readonly destination: string;
  /** In whose name a bucket of another account is written to; '' for none. */
  readonly role: string;
}

/** The rules of a bucket that are enabled. Only the shape puts values there, so the type holds. */
export function replicationRulesOf(bucket: Bucket): readonly ReplicationRule[] {
  const document = bucket.documents['replication'] as ValueOf<typeof shape> | undefined;
  const enabled = (document?.Rule ?? []).filter(({ Status }) => Status === 'Enabled');
  return enabled.map((found) => ({
    prefix: found.Filter?.And?.Prefix ?? found.Filter?.Prefix ?? found.Prefix ?? '',
    tags: tagsOf(found),
    priority: found.Priority ?? 0,
    copiesMarkers: found.DeleteMarkerReplication?.Status === 'Enabled',
    destination: bucketOfArn(found.Destination.Bucket),
    role: document?.Role ?? '',
  }));
}

/** Both buckets keep versions, or neither does. */
export function areVersionedAlike(a: Bucket, b: Bucket): boolean {
  return (a.versioning === 'Enabled') === (b.versioning === 'Enabled');
}

/** `?replication`: what the rules do is in `replicate.ts`. */
export const replication = storedDocument({
  query: 'replication',
  names: { get: 'GetBucketReplication', put: 'PutBucketReplication', delete: 'DeleteBucketReplication' },
  root: 'ReplicationConfiguration',
  shape,
  missing: 'ReplicationConfigurationNotFoundError',
  needsIntegrity: true,
  check: (value, call, bucket) => {
    const role = value.Role ?? '';
    if (role === '' && call.settings.quirks.replicationRole === 'required') {
      throw invalidArgument('a role is required', 'Role', role);
    }
    if (role !== '' && !/^arn:aws:iam::\d{12}:role\/.+$/u.test(role)) throw invalidArgument('no role', 'Role', role);
    const rules = value.Rule.map((found, index) => ({ ...found, ID: found.ID ?? `rule-${index + 1}` }));
    for (const found of rules) {
      checkConditions(found);
      checkDestination(found, call, bucket);
    }
    if (hasTwice(rules.map(({ ID }) => ID))) throw invalidArgument('Rule Id must be unique.', 'ID', '');
    const priorities = rules.flatMap(({ Priority }) => (Priority === undefined ? [] : [Priority]));
    if (hasTwice(priorities)) throw invalidRequest('Found duplicate priorities; each rule needs one of its own.');
    return { ...value, Rule: rules };
  },
});

function invalidRequest(message: string): ServiceError {
  return new ServiceError('InvalidRequest', { message });
}

function hasTwice(values: readonly unknown[]): boolean {
  return new Set(values).size < values.length;
}

function tagsOf({ Filter }: Rule): ReplicationRule['tags'] {
  return Filter?.And?.Tag ?? (Filter?.Tag === undefined ? [] : [Filter.Tag]);
}

/** The name in `arn:aws:s3:::NAME`; '' for any other text. */
function bucketOfArn(arn: string): string {
  return /^arn:aws:s3:::([^/*]+)$/u.exec(arn)?.[1] ?? '';
}

function checkConditions(found: Rule): void {
  const { ID = '', Prefix, Filter, Priority, DeleteMarkerReplication } = found;
  if (ID.length > 255) throw invalidArgument('ID length should not exceed 255', 'ID', ID);
  if (Prefix !== undefined && Filter !== undefined) throw malformed('a Rule has either Filter or Prefix');
  if (Filter === undefined) return;
  if (Object.keys(Filter).length > 1) throw malformed('a Filter has one condition, or And');
  if (Filter.And !== undefined && Filter.And.Tag.length + (Filter.And.Prefix === undefined ? 0 : 1) < 2) {
    throw malformed('And has at least two conditions');
  }
  if (Priority === undefined) throw invalidRequest(`Priority must be specified for rule "${ID}", which has a Filter.`);
  if (DeleteMarkerReplication === undefined) {
    throw invalidRequest(`DeleteMarkerReplication must be specified for rule "${ID}", which has a Filter.`);
  }
  if (DeleteMarkerReplication.Status === 'Enabled' && tagsOf(found).length > 0) {
    throw invalidRequest('Delete marker replication is not supported if any Tag filter is specified.');
  }
}

function checkDestination({ Destination }: Rule, call: Call, bucket: Bucket): void {
  const name = bucketOfArn(Destination.Bucket);
  if (name === '') throw invalidArgument('Invalid bucket ARN', 'Bucket', Destination.Bucket);
  if (name === bucket.name) throw invalidRequest('Destination bucket cannot be the same as the source bucket.');
  const target = call.state.buckets.get(name);
  if (target === undefined) throw invalidRequest(`Destination bucket must exist: ${name}`);
  if (Destination.Account !== undefined && Destination.Account !== target.ownerId) {
    throw invalidRequest(`Destination bucket ${name} does not belong to account ${Destination.Account}.`);
  }
  if (!areVersionedAlike(bucket, target)) {
    throw invalidRequest(`Source and destination must both have versioning enabled, or neither: ${name}`);
  }
}
