import { bucketRead, type Call, invalidArgument, isoTime, queryInteger, xmlReply } from './call.ts';
import { encodeRfc3986 } from './sigv4.ts';
import type { Bucket, ObjectVersion } from './state.ts';
import { element, S3_NAMESPACE, type XmlNode } from './xml.ts';

const MAX_KEYS = 1000;

/** Order of keys in listings: that of their UTF-8 bytes, which UTF-16 order is not for signs beyond the basic plane. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  // oxlint-disable-next-line no-control-regex -- the range is all of ASCII
  const isPlain = /^[\u0000-\u007f]*$/u;
  if (isPlain.test(a) && isPlain.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** One line of a listing: an item, or the common prefix of several. */
export type Line<T> =
  | { readonly type: 'item'; readonly key: string; readonly item: T }
  | { readonly type: 'prefix'; readonly key: string };

/** A page of lines, and where the next one starts. */
export interface Page<T> {
  readonly lines: readonly Line<T>[];
  /** The last line, if there are more. */
  readonly last?: Line<T> | undefined;
}

/** How items are put together to lines. */
export interface Grouping {
  readonly prefix: string;
  readonly delimiter: string;
  readonly max: number;
  /** A common prefix that is left out: the page before ended with it. Items up to it are left out by the caller. */
  readonly after: string;
}

/** Items in order of their keys, those with a delimiter after the prefix as one common prefix, cut to a page. */
export function pageOf<T>(items: readonly (readonly [string, T])[], grouping: Grouping): Page<T> {
  const { prefix, delimiter, max, after } = grouping;
  const lines: Line<T>[] = [];
  for (const [key, item] of items) {
    if (!key.startsWith(prefix)) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const common = cut === -1 ? undefined : key.slice(0, cut + delimiter.length);
    if (common !== undefined && (common === lines.at(-1)?.key || common === after)) continue;
    if (lines.length === max) return { lines, last: lines.at(-1) };
    lines.push(common === undefined ? { type: 'item', key, item } : { type: 'prefix', key: common });
  }
  return { lines };
}

/** What all listings of keys are asked with. @throws ServiceError InvalidArgument */
export function groupingOf(call: Call, after: string, maxName = 'max-keys'): Grouping {
  return {
    prefix: call.query.get('prefix') ?? '',
    delimiter: call.query.get('delimiter') ?? '',
    max: queryInteger(call, maxName, MAX_KEYS, 0, MAX_KEYS),
    after,
  };
}

/** Writes keys plain, or percent-encoded where the caller asked for that. @throws ServiceError InvalidArgument */
export function keyEncoder(call: Call): (key: string) => string {
  const encoding = call.query.get('encoding-type');
  if (encoding === undefined) return (key) => key;
  if (encoding !== 'url')
    throw invalidArgument('Invalid Encoding Method specified in Request', 'encoding-type', encoding);
  return (key) => encodeRfc3986(key).replaceAll('%2F', '/');
}

/** The common prefixes of a page as XML. */
export function prefixesXml<T>(page: Page<T>, encode: (key: string) => string): XmlNode[] {
  return page.lines
    .filter((line) => line.type === 'prefix')
    .map((line) => element('CommonPrefixes', [element('Prefix', encode(line.key))]));
}

function currentObjects(bucket: Bucket, after: string): [string, ObjectVersion][] {
  const found: [string, ObjectVersion][] = [];
  for (const [key, [top]] of bucket.objects) {
    if (top !== undefined && !top.isDeleteMarker && (after === '' || compareKeys(key, after) > 0))
      found.push([key, top]);
  }
  return found.sort((a, b) => compareKeys(a[0], b[0]));
}

function contentsXml(
  page: Page<ObjectVersion>,
  encode: (key: string) => string,
  owner: XmlNode | undefined,
): XmlNode[] {
  return page.lines.flatMap((line) => {
    if (line.type === 'prefix') return [];
    const { etag, sizeBytes, lastModifiedMs } = line.item;
    return element('Contents', [
      element('Key', encode(line.key)),
      element('LastModified', isoTime(lastModifiedMs)),
      element('ETag', `"${etag}"`),
      element('Size', sizeBytes),
      owner,
      element('StorageClass', 'STANDARD'),
    ]);
  });
}

/** The owner of everything in a bucket. */
export function ownerXml(call: Call, name = 'Owner', attributes: Readonly<Record<string, string>> = {}): XmlNode {
  const ownerId = call.state.buckets.get(call.bucketName ?? '')?.ownerId ?? '';
  const account = call.state.accounts.get(ownerId);
  return element(name, [element('ID', ownerId), element('DisplayName', account?.name ?? ownerId)], attributes);
}

function commonFields(call: Call, bucket: Bucket, grouping: Grouping, encode: (key: string) => string): XmlNode[] {
  return [
    element('Name', bucket.name),
    element('Prefix', encode(grouping.prefix)),
    ...(grouping.delimiter === '' ? [] : [element('Delimiter', encode(grouping.delimiter))]),
    element('MaxKeys', grouping.max),
    ...(call.query.has('encoding-type') ? [element('EncodingType', 'url')] : []),
  ];
}

/** `GET /BUCKET` */
export const listObjects = bucketRead('ListObjects', (call, bucket) => {
  const marker = call.query.get('marker') ?? '';
  const encode = keyEncoder(call);
  const grouping = groupingOf(call, marker);
  const page = pageOf(currentObjects(bucket, marker), grouping);
  const next =
    page.last !== undefined && grouping.delimiter !== '' ? element('NextMarker', encode(page.last.key)) : undefined;
  return xmlReply(
    element(
      'ListBucketResult',
      [
        ...commonFields(call, bucket, grouping, encode),
        element('Marker', encode(marker)),
        element('IsTruncated', page.last !== undefined),
        next,
        ...contentsXml(page, encode, ownerXml(call)),
        ...prefixesXml(page, encode),
      ],
      { xmlns: S3_NAMESPACE },
    ),
  );
});

/** `GET /BUCKET?list-type=2` */
export const listObjectsV2 = bucketRead('ListObjectsV2', (call, bucket) => {
  const token = call.query.get('continuation-token');
  if (token === '') throw invalidArgument('The continuation token provided is incorrect', 'continuation-token', token);
  const startAfter = call.query.get('start-after') ?? '';
  const after = token === undefined ? startAfter : Buffer.from(token, 'base64url').toString();
  const encode = keyEncoder(call);
  const grouping = groupingOf(call, after);
  const page = pageOf(currentObjects(bucket, after), grouping);
  const owner = call.query.get('fetch-owner') === 'true' ? ownerXml(call) : undefined;
  return xmlReply(
    element(
      'ListBucketResult',
      [
        ...commonFields(call, bucket, grouping, encode),
        element('KeyCount', page.lines.length),
        element('IsTruncated', page.last !== undefined),
        token === undefined ? undefined : element('ContinuationToken', token),
        page.last && element('NextContinuationToken', Buffer.from(page.last.key).toString('base64url')),
        startAfter === '' ? undefined : element('StartAfter', encode(startAfter)),
        ...contentsXml(page, encode, owner),
        ...prefixesXml(page, encode),
      ],
      { xmlns: S3_NAMESPACE },
    ),
  );
});
