import { bucketRead, type Call, invalidArgument, isoTime, xmlReply } from './call.ts';
import { compareKeys, groupingOf, keyEncoder, type Line, ownerXml, pageOf, prefixesXml } from './listing.ts';
import type { Bucket, ObjectVersion } from './state.ts';
import { element, S3_NAMESPACE, type XmlNode } from './xml.ts';

interface Entry {
  readonly version: ObjectVersion;
  readonly isLatest: boolean;
}

/** Versions and delete markers, keys in order, the newest of a key first, after the given marker. */
function entriesAfter(bucket: Bucket, keyMarker: string, versionMarker: string): [string, Entry][] {
  const keys = [...bucket.objects.keys()].filter((key) => keyMarker === '' || compareKeys(key, keyMarker) >= 0);
  return keys.sort(compareKeys).flatMap((key): [string, Entry][] => {
    const versions = bucket.objects.get(key) ?? [];
    const entries = versions.map((version, index): [string, Entry] => [key, { version, isLatest: index === 0 }]);
    if (key !== keyMarker) return entries;
    if (versionMarker === '') return [];
    return entries.slice(versions.findIndex((version) => version.versionId === versionMarker) + 1);
  });
}

/** `GET /BUCKET?versions` */
export const listObjectVersions = bucketRead('ListObjectVersions', (call, bucket) => {
  const keyMarker = call.query.get('key-marker') ?? '';
  const versionMarker = call.query.get('version-id-marker') ?? '';
  if (versionMarker !== '' && keyMarker === '') {
    throw invalidArgument(
      'A version-id marker cannot be specified without a key marker.',
      'version-id-marker',
      versionMarker,
    );
  }
  const encode = keyEncoder(call);
  const grouping = groupingOf(call, versionMarker === '' ? keyMarker : '');
  const page = pageOf(entriesAfter(bucket, keyMarker, versionMarker), grouping);
  return xmlReply(
    element(
      'ListVersionsResult',
      [
        element('Name', bucket.name),
        element('Prefix', encode(grouping.prefix)),
        element('KeyMarker', encode(keyMarker)),
        element('VersionIdMarker', versionMarker),
        ...nextMarkers(page.last, encode),
        element('MaxKeys', grouping.max),
        grouping.delimiter === '' ? undefined : element('Delimiter', encode(grouping.delimiter)),
        call.query.has('encoding-type') ? element('EncodingType', 'url') : undefined,
        element('IsTruncated', page.last !== undefined),
        ...page.lines.flatMap((line) => (line.type === 'item' ? [entryXml(call, line.key, line.item, encode)] : [])),
        ...prefixesXml(page, encode),
      ],
      { xmlns: S3_NAMESPACE },
    ),
  );
});

function nextMarkers(last: Line<Entry> | undefined, encode: (key: string) => string): XmlNode[] {
  if (last === undefined) return [];
  const key = element('NextKeyMarker', encode(last.key));
  return last.type === 'prefix' ? [key] : [key, element('NextVersionIdMarker', last.item.version.versionId)];
}

function entryXml(call: Call, key: string, entry: Entry, encode: (key: string) => string): XmlNode {
  const { version, isLatest } = entry;
  const content = [
    element('ETag', `"${version.etag}"`),
    element('Size', version.sizeBytes),
    element('StorageClass', 'STANDARD'),
  ];
  return element(version.isDeleteMarker ? 'DeleteMarker' : 'Version', [
    element('Key', encode(key)),
    element('VersionId', version.versionId),
    element('IsLatest', isLatest),
    element('LastModified', isoTime(version.lastModifiedMs)),
    ...(version.isDeleteMarker ? [] : content),
    ownerXml(call),
  ]);
}
