import {
  DeleteBucketReplicationCommand,
  GetBucketReplicationCommand,
  PutBucketReplicationCommand,
  type ReplicationRule as WireRule,
} from '@aws-sdk/client-s3';
import type { Setting } from '../setting.ts';

/** One rule: new objects under a prefix are copied to another bucket. */
export interface ReplicationRule {
  readonly id: string;
  readonly status: 'Enabled' | 'Disabled';
  readonly prefix: string;
  readonly copiesMarkers: boolean;
  /** S3 name of the bucket. */
  readonly destination: string;
  /** The rule on the bucket holds something that the spec cannot say, so it never equals a wanted one. */
  readonly hasForeignParts?: true;
}

const ARN = 'arn:aws:s3:::';

/**
 * Replication to other buckets, the rules in order: for one destination the first that fits decides. `null`: none.
 * Source: docs.wasabi.com, "Object Replication With the Wasabi S3 API" (2026-03-18), whose documents have an empty Role.
 */
export const replication: Setting<readonly ReplicationRule[]> = {
  desired: (spec, { replicationTargets }) => {
    if (spec.replication === undefined) return undefined;
    const rules = (spec.replication?.rules ?? []).map(({ id, status, prefix = '', deleteMarkers }) => {
      return { id, status, prefix, copiesMarkers: deleteMarkers, destination: replicationTargets.get(id) ?? '' };
    });
    return rules.length === 0 ? null : rules;
  },
  read: async ({ wasabi, bucket, region, signal }) => {
    const answer = await wasabi.s3(new GetBucketReplicationCommand({ Bucket: bucket }), {
      region,
      signal,
      absent: ['ReplicationConfigurationNotFoundError'],
    });
    const rules = answer?.ReplicationConfiguration?.Rules ?? [];
    if (rules.length === 0) return null;
    return rules.toSorted((a, b) => (b.Priority ?? 0) - (a.Priority ?? 0)).map(foundRule);
  },
  write: async ({ wasabi, bucket, region, signal }, value) => {
    if (value === null) {
      await wasabi.s3(new DeleteBucketReplicationCommand({ Bucket: bucket }), { region, signal });
      return;
    }
    const Rules = value.map((rule, index) => wireRule(rule, value.length - index));
    const ReplicationConfiguration = { Role: '', Rules };
    await wasabi.s3(new PutBucketReplicationCommand({ Bucket: bucket, ReplicationConfiguration }), { region, signal });
  },
  unsupported: (wanted) => (wanted === null ? [] : ['spec.replication']),
};

function foundRule(rule: WireRule): ReplicationRule {
  const { Filter: filter = {}, Destination: destination } = rule;
  const { Bucket: arn = '', StorageClass: storageClass = 'STANDARD', ...others } = destination ?? {};
  const isForeign =
    filter.Tag !== undefined ||
    (filter.And?.Tags ?? []).length > 0 ||
    rule.SourceSelectionCriteria !== undefined ||
    rule.ExistingObjectReplication?.Status === 'Enabled' ||
    storageClass !== 'STANDARD' ||
    Object.values(others).some((part) => part !== undefined);
  return {
    id: rule.ID ?? '',
    status: rule.Status === 'Disabled' ? 'Disabled' : 'Enabled',
    prefix: filter.And?.Prefix ?? filter.Prefix ?? rule.Prefix ?? '',
    copiesMarkers: rule.DeleteMarkerReplication?.Status === 'Enabled',
    destination: arn.startsWith(ARN) ? arn.slice(ARN.length) : arn,
    ...(isForeign ? { hasForeignParts: true } : {}),
  };
}

/** With a Filter always, which makes priority and delete markers the rule's own say. */
function wireRule({ id, status, prefix, copiesMarkers, destination }: ReplicationRule, priority: number): WireRule {
  return {
    ID: id,
    Priority: priority,
    Status: status,
    Filter: { Prefix: prefix },
    DeleteMarkerReplication: { Status: copiesMarkers ? 'Enabled' : 'Disabled' },
    Destination: { Bucket: `${ARN}${destination}` },
  };
}
