import { type PolicyDocument, quoted, type Statement, statementLabel } from './document.ts';

const ACTION = /^s3:[a-z0-9*?]+$/i;
/** A bucket by its full name, or what lies in it. */
const RESOURCE = /^arn:aws:s3:::([a-z0-9.-]+)(?:\/.*)?$/s;

/**
 * What an identity policy may grant beyond S3 actions on the given buckets and their objects: one message a statement,
 * none when it stays inside. What cannot be worked out (NotAction, NotResource, wildcards in bucket names, variables)
 * counts as beyond. A Deny grants nothing, so it is never beyond.
 */
export function accessBeyond({ Statement }: PolicyDocument, buckets: ReadonlySet<string>): readonly string[] {
  return Statement.flatMap((statement, index) => {
    const why = statement.Effect === 'Allow' ? beyond(statement, buckets) : undefined;
    return why === undefined ? [] : [`${statementLabel(index, statement.Sid)} ${why}`];
  });
}

function beyond({ Action, Resource }: Statement, buckets: ReadonlySet<string>): string | undefined {
  if (Action === undefined) return 'has notAction; list the S3 actions in action';
  if (Resource === undefined) return 'has notResource; list the buckets in resource';
  const action = Action.find((one) => !ACTION.test(one));
  if (action !== undefined) return `allows ${quoted(action)}; only actions that begin with s3: are permitted`;
  const resource = Resource.find((one) => !isInside(one, buckets));
  if (resource === undefined) return undefined;
  const next = "only this namespace's buckets by full name and their objects are permitted, without variables";
  return `allows access to ${quoted(resource)}; ${next}`;
}

function isInside(resource: string, buckets: ReadonlySet<string>): boolean {
  const bucket = RESOURCE.exec(resource)?.[1];
  return bucket !== undefined && buckets.has(bucket) && !resource.includes('${');
}
