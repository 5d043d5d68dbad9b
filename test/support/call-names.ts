import type { ProxiedCall } from './proxy.ts';

const VERBS: Readonly<Record<string, string>> = { GET: 'Get', PUT: 'Put', DELETE: 'Delete' };
const SUBRESOURCES = { tagging: 'Tagging', versioning: 'Versioning', policy: 'Policy' };

/** AWS's name of a call of S3, IAM or STS that an operator makes on the paths of `call-paths.ts`. */
export function operationOf({ method, url, body }: ProxiedCall): string {
  const action = /(?:^|&)Action=(\w+)/.exec(body)?.[1];
  if (action !== undefined) return action;
  const { pathname, searchParams } = new URL(url, 'http://any');
  if (pathname === '/') return 'ListBuckets';
  const subresource = Object.entries(SUBRESOURCES).find(([name]) => searchParams.has(name))?.[1];
  if (subresource !== undefined) return `${VERBS[method] ?? method}Bucket${subresource}`;
  return method === 'PUT' ? 'CreateBucket' : `${VERBS[method] ?? method}Bucket`;
}
