import { cannedAcl } from './acl.ts';
import {
  bucketRead,
  bucketWrite,
  type Call,
  emptyReply,
  isoTime,
  queryInteger,
  type Reply,
  type ServiceOperation,
  xmlReply,
} from './call.ts';
import { ServiceError } from './errors.ts';
import { isProtected } from './object-lock.ts';
import { GLOBAL_REGION } from './regions.ts';
import { type Bucket, type State, touch } from './state.ts';
import { requireMfa } from './versions.ts';
import { element, S3_NAMESPACE } from './xml.ts';
import { object, optional, readDocument, text } from './xml-shape.ts';

/** `PUT /BUCKET` */
export const createBucket: ServiceOperation = {
  name: 'CreateBucket',
  scope: 'service',
  mutating: true,
  run: (call) => {
    const name = call.bucketName ?? '';
    checkBucketName(name);
    checkLocation(call);
    const acl = cannedAcl(call);
    const taken = call.state.buckets.get(name);
    if (taken !== undefined) return answerTaken(call, taken);
    if (hasMostBuckets(call)) throw new ServiceError('TooManyBuckets');
    const hasLock = call.headers['x-amz-bucket-object-lock-enabled']?.toLowerCase() === 'true';
    addBucket(call.state, {
      name,
      region: call.region,
      ownerId: call.caller.account.accountId,
      createdMs: call.nowMs,
      acl,
      hasObjectLock: hasLock,
    });
    return emptyReply(200, { location: `/${name}` });
  },
};

function hasMostBuckets({ state: { buckets }, settings: { maxBuckets }, caller }: Call): boolean {
  if (buckets.size < maxBuckets) return false; // fewer than that in all accounts: nobody need be counted
  const owned = [...buckets.values()].filter(({ ownerId }) => ownerId === caller.account.accountId);
  return owned.length >= maxBuckets;
}

/** What a new bucket needs to be known of. */
export interface NewBucket extends Pick<Bucket, 'name' | 'region' | 'ownerId' | 'createdMs' | 'acl'> {
  /** Object lock comes with versioning. */
  readonly hasObjectLock: boolean;
}

/** Puts a new, empty bucket into the state. */
export function addBucket(state: State, bucket: NewBucket): Bucket {
  const { hasObjectLock, ...rest } = bucket;
  const made: Bucket = {
    ...rest,
    ...(hasObjectLock ? { objectLock: {}, versioning: 'Enabled' } : {}),
    documents: {},
    objects: new Map(),
    uploads: new Map(),
  };
  state.buckets.set(bucket.name, made);
  touch(state);
  return made;
}

function answerTaken(call: Call, taken: Bucket): Reply {
  if (taken.ownerId !== call.caller.account.accountId)
    throw new ServiceError('BucketAlreadyExists', bucketElement(taken));
  const isClassic = taken.region === GLOBAL_REGION && call.region === GLOBAL_REGION;
  if (isClassic && call.settings.quirks.recreateInUsEast1 === 'ok')
    return emptyReply(200, { location: `/${taken.name}` });
  throw new ServiceError('BucketAlreadyOwnedByYou', bucketElement(taken));
}

function bucketElement(bucket: Bucket): { elements: Record<string, string> } {
  return { elements: { BucketName: bucket.name } };
}

/** What AWS keeps for itself. Source: S3 User Guide, "General purpose bucket naming rules". */
const RESERVED_NAME = /^(?:xn--|sthree-|amzn-s3-demo-)|(?:-s3alias|--ol-s3|\.mrap|--x-s3|--table-s3)$/u;

/** Whether a bucket may be called so. */
export function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/u.test(name) &&
    !name.includes('..') &&
    !/^\d{1,3}(?:\.\d{1,3}){3}$/u.test(name) &&
    !RESERVED_NAME.test(name)
  );
}

function checkBucketName(name: string): void {
  if (!isBucketName(name)) throw new ServiceError('InvalidBucketName', { elements: { BucketName: name } });
}

/** The body must name the region of the endpoint; only us-east-1 may be left out. */
function checkLocation(call: Call): void {
  const constraint = locationOf(call.body);
  if (constraint === undefined) {
    if (call.region === GLOBAL_REGION) return;
    throw new ServiceError('IllegalLocationConstraintException', {
      message:
        'The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.',
    });
  }
  if (!call.settings.regions.includes(constraint)) {
    throw new ServiceError('InvalidLocationConstraint', { elements: { LocationConstraint: constraint } });
  }
  if (constraint !== call.region) {
    throw new ServiceError('IllegalLocationConstraintException', {
      message: `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    });
  }
}

/** Tags at creation are refused with all else that the shape does not have: dropped, they would be missed later. */
const creationShape = object({ LocationConstraint: optional(text()) });

function locationOf(body: Buffer): string | undefined {
  if (body.length === 0) return undefined;
  const { LocationConstraint = '' } = readDocument(body, 'CreateBucketConfiguration', creationShape);
  return LocationConstraint === '' ? undefined : LocationConstraint;
}

/** `HEAD /BUCKET` */
export const headBucket = bucketRead('HeadBucket', (call, bucket) =>
  emptyReply(200, call.settings.quirks.bucketRegionHeader ? { 'x-amz-bucket-region': bucket.region } : {}),
);

/** `GET /BUCKET?location`: empty for us-east-1. */
export const getBucketLocation = bucketRead('GetBucketLocation', (_call, bucket) =>
  xmlReply(
    element('LocationConstraint', bucket.region === GLOBAL_REGION ? undefined : bucket.region, { xmlns: S3_NAMESPACE }),
  ),
);

/** `DELETE /BUCKET`, with `?force_delete=true` Wasabi's own removal of the content first. */
export const deleteBucket = bucketWrite('DeleteBucket', (call, bucket) => {
  const isForced = call.query.get('force_delete') === 'true' && call.settings.quirks.forceDelete === 'honoured';
  if (isForced) refuseKeptContent(call, bucket);
  else if (bucket.objects.size > 0 || (call.settings.quirks.uploadsBlockDelete && bucket.uploads.size > 0)) {
    throw new ServiceError('BucketNotEmpty', bucketElement(bucket));
  }
  removeBucket(call.state, bucket);
  return emptyReply(204);
});

/** What is locked, held, or kept by MFA delete is not deleted with its bucket. @throws ServiceError */
function refuseKeptContent(call: Call, bucket: Bucket): void {
  if (bucket.objects.size === 0) return;
  if (bucket.mfaDelete === 'Enabled') requireMfa(call);
  const code = call.settings.quirks.lockedForceDelete;
  if (bucket.compliance?.isEnabled === true) {
    const message = 'A bucket with compliance is deleted only when it is empty.';
    throw new ServiceError(code, { message, ...bucketElement(bucket) });
  }
  for (const [key, versions] of bucket.objects) {
    if (!versions.some((version) => isProtected(bucket, version, call.nowMs))) continue;
    throw new ServiceError(code, {
      message: `Object "${key}" is protected by object lock.`,
      ...bucketElement(bucket),
    });
  }
}

/** Takes a bucket with all its content out of the state. */
export function removeBucket(state: State, bucket: Bucket): void {
  for (const versions of bucket.objects.values()) {
    for (const version of versions) if (version.bodyId !== undefined) state.bodies.drop(version.bodyId);
  }
  for (const upload of bucket.uploads.values()) {
    for (const part of upload.parts.values()) state.bodies.drop(part.bodyId);
  }
  state.buckets.delete(bucket.name);
  touch(state);
}

/** `GET /`: the buckets of the account in all regions, from any endpoint. */
export const listBuckets: ServiceOperation = {
  name: 'ListBuckets',
  scope: 'service',
  mutating: false,
  run: (call) => {
    const { account } = call.caller;
    const max = queryInteger(call, 'max-buckets', 10_000, 1, 10_000);
    const prefix = call.query.get('prefix') ?? '';
    const region = call.query.get('bucket-region');
    const after = Buffer.from(call.query.get('continuation-token') ?? '', 'base64url').toString();
    const found = [...call.state.buckets.values()]
      .filter((bucket) => bucket.ownerId === account.accountId && bucket.name.startsWith(prefix))
      .filter((bucket) => (region === undefined || bucket.region === region) && bucket.name > after)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const page = found.slice(0, max);
    const last = found.length > max ? page.at(-1) : undefined;
    return xmlReply(
      element(
        'ListAllMyBucketsResult',
        [
          element('Owner', [element('ID', account.accountId), element('DisplayName', account.name)]),
          element(
            'Buckets',
            page.map((bucket) => bucketElementOf(bucket, call)),
          ),
          last === undefined ? undefined : element('ContinuationToken', Buffer.from(last.name).toString('base64url')),
          prefix === '' ? undefined : element('Prefix', prefix),
        ],
        { xmlns: S3_NAMESPACE },
      ),
    );
  },
};

function bucketElementOf(bucket: Bucket, call: Call) {
  const isPaged = call.query.has('max-buckets') || call.query.has('bucket-region');
  return element('Bucket', [
    element('Name', bucket.name),
    element('CreationDate', isoTime(bucket.createdMs)),
    isPaged ? element('BucketRegion', bucket.region) : undefined,
  ]);
}
