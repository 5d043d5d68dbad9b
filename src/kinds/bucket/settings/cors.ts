import { type CORSRule, DeleteBucketCorsCommand, GetBucketCorsCommand, PutBucketCorsCommand } from '@aws-sdk/client-s3';
import type { Setting } from '../setting.ts';

/** One CORS rule; lists sorted, since their order means nothing. The order of rules means something: the first match wins. */
export interface CorsRule {
  readonly allowedOrigins: readonly string[];
  readonly allowedMethods: readonly string[];
  readonly allowedHeaders: readonly string[];
  readonly exposedHeaders: readonly string[];
  readonly maxAgeSeconds: number;
}

/** CORS rules in their order; `null`: none. Source: S3 API Reference, PutBucketCors. */
export const cors: Setting<readonly CorsRule[]> = {
  desired: (spec) => {
    if (spec.cors === undefined) return undefined;
    const rules = spec.cors?.rules ?? [];
    if (rules.length === 0) return null;
    return rules.map((rule) => ({
      allowedOrigins: rule.allowedOrigins.toSorted(),
      allowedMethods: rule.allowedMethods.toSorted(),
      allowedHeaders: (rule.allowedHeaders ?? []).toSorted(),
      exposedHeaders: (rule.exposedHeaders ?? []).toSorted(),
      maxAgeSeconds: rule.maxAgeSeconds,
    }));
  },
  read: async ({ wasabi, bucket, region, signal }) => {
    const answer = await wasabi.s3(new GetBucketCorsCommand({ Bucket: bucket }), {
      region,
      signal,
      absent: ['NoSuchCORSConfiguration'],
    });
    const rules = answer?.CORSRules ?? [];
    return rules.length === 0 ? null : rules.map(canonical);
  },
  write: async ({ wasabi, bucket, region, signal }, value) => {
    if (value === null) {
      await wasabi.s3(new DeleteBucketCorsCommand({ Bucket: bucket }), { region, signal });
      return;
    }
    const CORSRules = value.map((rule) => ({
      AllowedOrigins: [...rule.allowedOrigins],
      AllowedMethods: [...rule.allowedMethods],
      AllowedHeaders: [...rule.allowedHeaders],
      ExposeHeaders: [...rule.exposedHeaders],
      MaxAgeSeconds: rule.maxAgeSeconds,
    }));
    await wasabi.s3(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules } }), { region, signal });
  },
  unsupported: (wanted) => (wanted === null ? [] : ['spec.cors']),
};

function canonical(rule: CORSRule): CorsRule {
  return {
    allowedOrigins: (rule.AllowedOrigins ?? []).toSorted(),
    allowedMethods: (rule.AllowedMethods ?? []).toSorted(),
    allowedHeaders: (rule.AllowedHeaders ?? []).toSorted(),
    exposedHeaders: (rule.ExposeHeaders ?? []).toSorted(),
    maxAgeSeconds: rule.MaxAgeSeconds ?? 0,
  };
}
