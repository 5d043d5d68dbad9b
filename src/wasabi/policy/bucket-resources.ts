import { type PolicyDocument, quoted, statementLabel } from './document.ts';

/** So many are told at once. */
const TOLD_MAX = 3;

/**
 * Resources that certainly are not of that bucket, one message each and three at most, beginning with statement and element:
 * the policy of a bucket holds for the bucket and what lies in it. What a wildcard or a variable leaves open is for the
 * service to judge, and so is notResource.
 * Source: S3 User Guide, "Examples of Amazon S3 bucket policies" ("Policy has invalid resource").
 */
export function resourcesOutside({ Statement }: PolicyDocument, bucket: string): readonly string[] {
  return Statement.flatMap(({ Sid, Resource = [] }, index) =>
    Resource.filter((resource) => isOutside(resource, bucket)).map(
      (resource) =>
        `${statementLabel(index, Sid)}.resource holds ${quoted(resource)}, which is not of bucket ${quoted(bucket)}; write arn:aws:s3:::${bucket} or arn:aws:s3:::${bucket}/*`,
    ),
  ).slice(0, TOLD_MAX);
}

function isOutside(resource: string, bucket: string): boolean {
  if (resource === '*') return false;
  const [, , service = '', , , ...rest] = resource.split(':');
  const literal = (text: string) => /^[^*?$]*/.exec(text)?.[0] ?? '';
  if (!'s3'.startsWith(literal(service))) return true;
  const name = rest.join(':');
  const known = literal(name);
  if (known === name) return name !== bucket && !name.startsWith(`${bucket}/`);
  return !`${bucket}/`.startsWith(known) && !known.startsWith(`${bucket}/`);
}
