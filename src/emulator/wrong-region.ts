import type { Call } from './call.ts';
import { ServiceError } from './errors.ts';
import { encodeRfc3986 } from './sigv4.ts';
import type { Bucket } from './state.ts';

/** The refusal of a call through another region's endpoint; the region's own is named in three ways that clients have met (W6). */
export function wrongRegion(call: Call, bucket: Bucket): ServiceError {
  const { wrongRegion: code, bucketRegionHeader } = call.settings.quirks;
  if (code === 'BadRequest') return new ServiceError('BadRequest');
  const url = new URL(call.urls.s3(bucket.region, { host: call.headers['host'], isTls: call.isTls }));
  const path = [bucket.name, ...(call.key?.split('/') ?? [])].map(encodeRfc3986).join('/');
  // With its query: a DELETE of a setting that lost it on the way would be the DELETE of the bucket.
  const query = [...call.query].map(([name, value]) => queryPart(name, value)).join('&');
  return new ServiceError(code, {
    headers: {
      location: `${url.origin}/${path}${query === '' ? '' : `?${query}`}`,
      ...(bucketRegionHeader ? { 'x-amz-bucket-region': bucket.region } : {}),
    },
    elements: { Bucket: bucket.name, Endpoint: url.host, Region: bucket.region },
  });
}

function queryPart(name: string, value: string): string {
  return value === '' ? encodeRfc3986(name) : `${encodeRfc3986(name)}=${encodeRfc3986(value)}`;
}
