import type { ServiceName } from './authentication.ts';
import { ServiceError } from './errors.ts';
import { GLOBAL_REGION, REGION_ALIASES } from './regions.ts';

/** What the Host header of a request says. */
export interface Endpoint {
  /** `any`: an address that serves S3, IAM and STS; the signature's scope tells which is meant. */
  readonly service: ServiceName | 'any';
  readonly region: string;
  /** Bucket of a virtual-host style request. */
  readonly bucketName?: string;
}

/** How a caller came here. */
export interface CallerAddress {
  /** Its Host header. */
  readonly host?: string | undefined;
  readonly isTls: boolean;
}

/** Where other endpoints of this emulator are. */
export interface EndpointUrls {
  /** URL of a region's S3 endpoint, in the form the caller uses. */
  s3(region: string, caller: CallerAddress): string;
}

const NAMED_HOST =
  /^(?:(?<bucket>.+)\.)?(?<service>s3|iam|sts)(?:\.(?<region>[a-z0-9-]+))?\.(?:localhost|wasabisys\.com)$/u;

/**
 * Reads the Host header. `listenerRegion` is the region of a listener that serves one region only.
 * @throws ServiceError BadRequest for a host this service does not answer to
 */
export function endpointOf(
  host: string | undefined,
  listenerRegion: string | undefined,
  regions: readonly string[],
): Endpoint {
  const name = (host ?? '').toLowerCase().replace(/:\d+$/u, '');
  const groups = NAMED_HOST.exec(name)?.groups;
  if (groups === undefined || listenerRegion !== undefined) return addressEndpoint(name, groups, listenerRegion);
  const { bucket, service, region } = groups;
  if (service !== 's3') {
    if (bucket !== undefined || region !== undefined) throw unknownHost(name);
    return { service: service === 'iam' ? 'iam' : 'sts', region: GLOBAL_REGION };
  }
  const code = region === undefined ? GLOBAL_REGION : (REGION_ALIASES[region] ?? region);
  if (!regions.includes(code)) throw unknownHost(name);
  return { service: 's3', region: code, ...(bucket === undefined ? {} : { bucketName: bucket }) };
}

function addressEndpoint(
  name: string,
  groups: Record<string, string | undefined> | undefined,
  listenerRegion: string | undefined,
): Endpoint {
  if (listenerRegion === undefined) {
    if (name !== '127.0.0.1' && name !== 'localhost') throw unknownHost(name);
    return { service: 'any', region: GLOBAL_REGION };
  }
  const bucketName = groups?.['bucket'];
  return { service: 's3', region: listenerRegion, ...(bucketName === undefined ? {} : { bucketName }) };
}

function unknownHost(name: string): ServiceError {
  return new ServiceError('BadRequest', {
    message: `No endpoint here is called "${name}": use s3.REGION.localhost, iam.localhost, sts.localhost or 127.0.0.1.`,
  });
}

/** A request target taken apart; nothing decoded but `bucketName` and `key`. */
export interface RequestPath {
  readonly path: string;
  readonly rawQuery: string;
  readonly query: ReadonlyMap<string, string>;
  readonly bucketName: string | undefined;
  readonly key: string | undefined;
}

/** Path style or virtual-host style, read into bucket and key. @throws ServiceError InvalidURI */
export function readPath(target: string, hostBucket: string | undefined): RequestPath {
  const origin = /^https?:\/\/[^/?]*/iu.exec(target)?.[0] ?? '';
  const local = target.slice(origin.length);
  const cut = local.indexOf('?');
  const path = (cut === -1 ? local : local.slice(0, cut)) || '/';
  const rawQuery = cut === -1 ? '' : local.slice(cut + 1);
  const rest = path.slice(1);
  const slash = rest.indexOf('/');
  const bucketPart = slash === -1 ? rest : rest.slice(0, slash);
  const keyPart = slash === -1 ? '' : rest.slice(slash + 1);
  const bucket = hostBucket ?? decode(bucketPart);
  const key = decode(hostBucket === undefined ? keyPart : rest);
  return {
    path,
    rawQuery,
    query: readQuery(rawQuery),
    bucketName: bucket === '' ? undefined : bucket,
    key: key === '' ? undefined : key,
  };
}

/** Names and values decoded; the first value of a repeated name wins. @throws ServiceError InvalidURI */
function readQuery(rawQuery: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of rawQuery.split('&')) {
    if (pair === '') continue;
    const cut = pair.indexOf('=');
    const name = decode((cut === -1 ? pair : pair.slice(0, cut)).replaceAll('+', ' '));
    const value = cut === -1 ? '' : decode(pair.slice(cut + 1).replaceAll('+', ' '));
    if (!query.has(name)) query.set(name, value);
  }
  return query;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new ServiceError('InvalidURI', { message: `Couldn't parse the specified URI: ${String(cause)}` });
  }
}
