import { parseResourcePath } from '../../src/devcluster/path.ts';
import { bucketSubresources, objectSubresources } from '../../src/emulator/subresources/table.ts';
import type { ProxiedCall } from './proxy.ts';

type Named = Pick<ProxiedCall, 'method' | 'url' | 'body'>;

const BUCKET_CALLS: Readonly<Record<string, string>> = {
  GET: 'ListObjectsV2',
  HEAD: 'HeadBucket',
  PUT: 'CreateBucket',
  DELETE: 'DeleteBucket',
};
const OBJECT_CALLS: Readonly<Record<string, string>> = { GET: 'GetObject', PUT: 'PutObject', DELETE: 'DeleteObject' };
/** By what stands in the query of a bucket's URL, beside its subresources. */
const OF_QUERY: Readonly<Record<string, string>> = {
  versions: 'ListObjectVersions',
  uploads: 'ListMultipartUploads',
  delete: 'DeleteObjects',
};

/** AWS's name of a call of S3, IAM or STS as the operator makes it. Pure. */
export function operationOf({ method, url, body }: Named): string {
  const action = /(?:^|&)Action=(\w+)/.exec(body)?.[1];
  if (action !== undefined) return action;
  const { pathname, searchParams } = new URL(url, 'http://any');
  const [, bucket = '', ...key] = pathname.split('/');
  if (bucket === '') return 'ListBuckets';
  const isObject = key.some((part) => part !== '');
  if (isObject && searchParams.has('uploadId')) return 'AbortMultipartUpload';
  for (const { query, operations } of isObject ? objectSubresources : bucketSubresources) {
    const operation = searchParams.has(query) ? operations[method as keyof typeof operations] : undefined;
    if (operation !== undefined) return operation.name;
  }
  const listed = Object.keys(OF_QUERY).find((name) => searchParams.has(name));
  if (listed !== undefined && !isObject) return OF_QUERY[listed] ?? listed;
  return (isObject ? OBJECT_CALLS : BUCKET_CALLS)[method] ?? method;
}

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PATCH: 'patch', PUT: 'update', DELETE: 'delete' };

/**
 * What a call of the Kubernetes API does, as RBAC has it, and to which object: `patch buckets/status it`. Events have
 * names like no other, and are called by their kind alone. Pure.
 */
export function kubeCallOf({ method, url, body }: Named): string {
  const [path = '', query = ''] = url.split('?');
  const found = parseResourcePath(path);
  if (found === undefined) return `${method} ${path}`;
  const { plural, subresource, name } = found;
  const verb = VERBS[method] ?? (name === undefined ? 'list' : 'get');
  const what = subresource === undefined ? plural : `${plural}/${subresource}`;
  const object = plural === 'events' ? undefined : (name ?? nameIn(body) ?? selectorIn(query));
  const trial = query.includes('dryRun=') ? 'dry run' : undefined;
  return [verb, what, object, trial].filter((part) => part !== undefined).join(' ');
}

function nameIn(body: string): string | undefined {
  if (body === '') return undefined;
  const { metadata } = JSON.parse(body) as { metadata?: { name?: string } }; // what our client sends
  return metadata?.name;
}

function selectorIn(query: string): string | undefined {
  const found = new URLSearchParams(query);
  return found.get('fieldSelector') ?? found.get('labelSelector') ?? undefined;
}
