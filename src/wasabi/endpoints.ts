import { ReconcileError } from '../runtime/errors.ts';
import type { ProviderSettings } from './settings.ts';

const WASABI_DOMAIN = 'wasabisys.com';
/** The region that needs no LocationConstraint; IAM and STS take signatures for it alone. */
export const FIRST_REGION = 'us-east-1';
/**
 * Second names of regions in host names; requests to them are signed for the region, not for the alias.
 * Source: docs.wasabi.com, "Service URLs for Wasabi's Storage Regions" (2026-03-06).
 */
const WASABI_ALIASES: ReadonlyMap<string, string> = new Map([
  ['nl-1', 'eu-central-1'],
  ['de-1', 'eu-central-2'],
  ['uk-1', 'eu-west-1'],
  ['fr-1', 'eu-west-2'],
  ['uk-2', 'eu-west-3'],
  ['it-1', 'eu-south-1'],
]);
/** One DNS label: a region becomes a part of a host name, so nothing else may come through. */
const REGION = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export interface DefaultEndpoints {
  /** `undefined`: the spec must name it. */
  readonly endpoint: string | undefined;
  /** `undefined`: the S3 endpoint. */
  readonly iamEndpoint: string | undefined;
  readonly iamRegion: string;
  readonly stsEndpoint: string | undefined;
}

/**
 * The endpoints of a Provider that names none. For `s3` there is nothing to derive.
 * Source: docs.wasabi.com, "Service URL Endpoints" (2026-01-09): IAM and STS are global and signed for us-east-1.
 * @throws InvalidSpec when `region` cannot stand in a host name
 */
export function defaultEndpoints(type: ProviderSettings['type'], region: string): DefaultEndpoints {
  checkRegion(region);
  if (type === 's3') {
    return { endpoint: undefined, iamEndpoint: undefined, iamRegion: region, stsEndpoint: undefined };
  }
  return {
    endpoint: `https://${wasabiHost(region)}`,
    iamEndpoint: `https://iam.${WASABI_DOMAIN}`,
    iamRegion: FIRST_REGION,
    stsEndpoint: `https://sts.${WASABI_DOMAIN}`,
  };
}

/**
 * The S3 endpoint that serves the buckets of `bucketRegion`, without a trailing slash. Wasabi has one host a region. A
 * host of another domain that carries the Provider's region as a label (`s3.us-east-1.localhost`) gets that label
 * replaced; any other endpoint serves every region.
 * @throws InvalidSpec when `bucketRegion` cannot stand in a host name, or the endpoint is no URL
 */
export function endpointFor(settings: Pick<ProviderSettings, 'endpoint' | 'region'>, bucketRegion: string): string {
  checkRegion(bucketRegion);
  if (!URL.canParse(settings.endpoint)) {
    const shown = JSON.stringify(settings.endpoint.slice(0, 120));
    throw new ReconcileError('InvalidSpec', `spec.endpoint: ${shown} is no URL; write https://HOST[:PORT]`);
  }
  const url = new URL(settings.endpoint);
  if (bucketRegion !== settings.region) url.hostname = hostFor(url.hostname, settings.region, bucketRegion);
  return url.origin;
}

/**
 * Whether an endpoint that was recorded and the one of now are of one service, where the same account id is the same
 * account: the same host and port, two of Wasabi's own, or hosts that differ in the label of the region alone.
 */
export function isSameSite(recorded: string, now: Pick<ProviderSettings, 'endpoint' | 'region'>): boolean {
  if (!URL.canParse(recorded) || !URL.canParse(now.endpoint)) return false;
  const [was, is] = [new URL(recorded), new URL(now.endpoint)];
  if (was.host === is.host) return true;
  if (regionOfHost(was.hostname) !== undefined && regionOfHost(is.hostname) !== undefined) return true;
  const labels = is.hostname.split('.');
  const former = was.hostname.split('.')[labels.indexOf(now.region)];
  if (former === undefined || was.port !== is.port) return false;
  return hostFor(is.hostname, now.region, former) === was.hostname;
}

/** The region that a Wasabi S3 host serves, aliases included; `undefined` for a host that is none of Wasabi's. */
export function regionOfHost(host: string): string | undefined {
  const labels = host.toLowerCase().split('.');
  if (labels.slice(-2).join('.') !== WASABI_DOMAIN) return undefined;
  if (labels.at(-3) === 's3') return FIRST_REGION;
  const label = labels.at(-3);
  if (label === undefined || labels.at(-4) !== 's3') return undefined;
  return WASABI_ALIASES.get(label) ?? label;
}

/**
 * The region that an answer to a misdirected request names: a region itself, or a host of Wasabi's, with or without the
 * bucket's name before it. `undefined`: it is neither.
 */
export function endpointHostRegion(place: string): string | undefined {
  if (REGION.test(place)) return place;
  const labels = place.replace(/:\d+$/, '').split('.');
  return regionOfHost(labels.slice(Math.max(labels.lastIndexOf('s3'), 0)).join('.'));
}

function hostFor(host: string, region: string, bucketRegion: string): string {
  if (regionOfHost(host) !== undefined) return wasabiHost(bucketRegion);
  const labels = host.split('.');
  const at = labels.indexOf(region);
  return at === -1 ? host : labels.with(at, bucketRegion).join('.');
}

function wasabiHost(region: string): string {
  return region === FIRST_REGION ? `s3.${WASABI_DOMAIN}` : `s3.${region}.${WASABI_DOMAIN}`;
}

/** Whether a text can be the name of a region: what a service answers may be anything. */
export function isRegionName(text: string): boolean {
  return REGION.test(text);
}

function checkRegion(region: string): void {
  if (isRegionName(region)) return;
  const shown = JSON.stringify(region.slice(0, 64));
  throw new ReconcileError(
    'InvalidSpec',
    `spec.region: ${shown} is no region name: only lower-case letters, digits and hyphens, such as eu-central-1`,
    { reason: 'InvalidRegion' },
  );
}
