import {
  DeleteBucketLifecycleCommand,
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRuleFilter,
  PutBucketLifecycleConfigurationCommand,
  type LifecycleRule as WireRule,
} from '@aws-sdk/client-s3';
import type { Bucket } from '../../../api/bucket.ts';
import type { Setting } from '../setting.ts';

/** One lifecycle rule; a field that is left out does nothing. Days are whole days, `date` is `YYYY-MM-DD`. */
export interface LifecycleRule {
  readonly id: string;
  readonly status: 'Enabled' | 'Disabled';
  readonly prefix: string;
  readonly objectSizeGreaterThan?: number;
  readonly objectSizeLessThan?: number;
  readonly expirationDays?: number;
  readonly expirationDate?: string;
  readonly noncurrentDays?: number;
  readonly abortUploadDays?: number;
  readonly transitions: readonly { readonly days: number; readonly storageClass: string }[];
  /** The rule on the bucket holds something that the spec cannot say, so it never equals a wanted one. */
  readonly hasForeignParts?: true;
}

type SpecRule = NonNullable<NonNullable<NonNullable<Bucket['spec']['lifecycle']>['rules']>[number]>;

/**
 * Lifecycle rules in canonical form: sorted by id, an empty prefix as ''. `null`: the bucket has none.
 * Source: S3 API Reference, PutBucketLifecycleConfiguration.
 */
export const lifecycle: Setting<readonly LifecycleRule[]> = {
  desired: (spec, { providerType }) => {
    if (spec.lifecycle === undefined) return undefined;
    const rules = (spec.lifecycle?.rules ?? [])
      .map((rule) => wantedRule(rule, providerType === 'wasabi'))
      .filter(doesSomething)
      .toSorted(byId);
    return rules.length === 0 ? null : rules;
  },
  read: async ({ wasabi, bucket, region, signal }) => {
    const answer = await wasabi.s3(new GetBucketLifecycleConfigurationCommand({ Bucket: bucket }), {
      region,
      signal,
      absent: ['NoSuchLifecycleConfiguration'],
    });
    const rules = answer?.Rules ?? [];
    return rules.length === 0 ? null : rules.map(foundRule).toSorted(byId);
  },
  write: async ({ wasabi, bucket, region, signal }, value) => {
    if (value === null) {
      await wasabi.s3(new DeleteBucketLifecycleCommand({ Bucket: bucket }), { region, signal });
      return;
    }
    const LifecycleConfiguration = { Rules: value.map(wireRule) };
    await wasabi.s3(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration }), {
      region,
      signal,
    });
  },
  unsupported: (wanted) => (wanted === null ? [] : ['spec.lifecycle']),
};

/** The transitions that Wasabi, with its one storage class, cannot do: left out of what is sent, and named to the user. */
export function unsupportedTransitions(spec: Bucket['spec'], providerType: 'wasabi' | 's3'): readonly string[] {
  if (providerType !== 'wasabi') return [];
  return (spec.lifecycle?.rules ?? []).flatMap((rule) =>
    (rule.transitions ?? []).length > 0 ? [`spec.lifecycle.rules[${rule.id}].transitions`] : [],
  );
}

function wantedRule(rule: SpecRule, dropsTransitions: boolean): LifecycleRule {
  const { filter, expiration } = rule;
  const transitions = dropsTransitions ? [] : (rule.transitions ?? []);
  return {
    id: rule.id,
    status: rule.status,
    prefix: filter?.prefix ?? rule.prefix ?? '',
    ...given('objectSizeGreaterThan', filter?.objectSizeGreaterThan),
    ...given('objectSizeLessThan', filter?.objectSizeLessThan),
    ...given('expirationDays', expiration?.days),
    ...given('expirationDate', expiration?.date),
    ...given('noncurrentDays', rule.noncurrentVersionExpiration?.days),
    ...given('abortUploadDays', rule.abortIncompleteMultipartUpload?.daysAfterInitiation),
    transitions: transitions.map(({ days, storageClass }) => ({ days, storageClass })).toSorted(byDays),
  };
}

/** A rule whose only action was left out would be refused as a whole document. */
function doesSomething(rule: LifecycleRule): boolean {
  return (
    rule.expirationDays !== undefined ||
    rule.expirationDate !== undefined ||
    rule.noncurrentDays !== undefined ||
    rule.abortUploadDays !== undefined ||
    rule.transitions.length > 0
  );
}

function foundRule(rule: WireRule): LifecycleRule {
  const { Filter: filter = {}, Expiration: expiration } = rule;
  const and = filter.And;
  const foreign =
    filter.Tag !== undefined ||
    (and?.Tags ?? []).length > 0 ||
    expiration?.ExpiredObjectDeleteMarker !== undefined ||
    (rule.NoncurrentVersionTransitions ?? []).length > 0 ||
    rule.NoncurrentVersionExpiration?.NewerNoncurrentVersions !== undefined;
  return {
    id: rule.ID ?? '',
    status: rule.Status === 'Disabled' ? 'Disabled' : 'Enabled',
    prefix: and?.Prefix ?? filter.Prefix ?? rule.Prefix ?? '',
    ...given('objectSizeGreaterThan', and?.ObjectSizeGreaterThan ?? filter.ObjectSizeGreaterThan),
    ...given('objectSizeLessThan', and?.ObjectSizeLessThan ?? filter.ObjectSizeLessThan),
    ...given('expirationDays', expiration?.Days),
    ...given('expirationDate', expiration?.Date?.toISOString().slice(0, 10)),
    ...given('noncurrentDays', rule.NoncurrentVersionExpiration?.NoncurrentDays),
    ...given('abortUploadDays', rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation),
    transitions: (rule.Transitions ?? [])
      .map(({ Days: days = 0, StorageClass: storageClass = '' }) => ({ days, storageClass }))
      .toSorted(byDays),
    ...(foreign ? { hasForeignParts: true } : {}),
  };
}

function wireRule(rule: LifecycleRule): WireRule {
  return {
    ID: rule.id,
    Status: rule.status,
    Filter: wireFilter(rule),
    ...(rule.expirationDays === undefined ? {} : { Expiration: { Days: rule.expirationDays } }),
    ...(rule.expirationDate === undefined ? {} : { Expiration: { Date: new Date(rule.expirationDate) } }),
    ...(rule.noncurrentDays === undefined
      ? {}
      : { NoncurrentVersionExpiration: { NoncurrentDays: rule.noncurrentDays } }),
    ...(rule.abortUploadDays === undefined
      ? {}
      : { AbortIncompleteMultipartUpload: { DaysAfterInitiation: rule.abortUploadDays } }),
    ...(rule.transitions.length === 0
      ? {}
      : {
          Transitions: rule.transitions.map(({ days, storageClass }) => ({
            Days: days,
            // A name that the service checks: new classes need no new operator.
            StorageClass: storageClass as NonNullable<NonNullable<WireRule['Transitions']>[number]['StorageClass']>,
          })),
        }),
  };
}

/** Always a Filter, since some services refuse rules without one; several conditions stand together in And. */
function wireFilter(rule: LifecycleRule): LifecycleRuleFilter {
  const sizes = {
    ...(rule.objectSizeGreaterThan === undefined ? {} : { ObjectSizeGreaterThan: rule.objectSizeGreaterThan }),
    ...(rule.objectSizeLessThan === undefined ? {} : { ObjectSizeLessThan: rule.objectSizeLessThan }),
  };
  const count = Object.keys(sizes).length + (rule.prefix === '' ? 0 : 1);
  if (count > 1) return { And: { ...(rule.prefix === '' ? {} : { Prefix: rule.prefix }), ...sizes } };
  return count === 1 && rule.prefix === '' ? sizes : { Prefix: rule.prefix };
}

function given<K extends string, V>(name: K, value: V | undefined): { readonly [P in K]?: V } {
  // The one key has the one type: a computed key widens to an index signature for the compiler only.
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]: V });
}

function byId(a: LifecycleRule, b: LifecycleRule): number {
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

function byDays(a: { readonly days: number; readonly storageClass: string }, b: typeof a): number {
  return a.days - b.days || a.storageClass.localeCompare(b.storageClass);
}
