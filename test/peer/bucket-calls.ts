import { made } from '../live/scratch.ts';
import { type Desk, told } from './desk.ts';

/** One call that two servers answer. */
export interface PeerCall {
  /** The row of docs/wasabi.md that says what Wasabi answers. */
  readonly row: string;
  readonly title: string;
  /** @returns what was answered, without what differs from run to run */
  readonly ask: (desk: Desk) => Promise<string>;
}

const NS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const VERSIONED = `<VersioningConfiguration ${NS}><Status>Enabled</Status></VersioningConfiguration>`;

function rules(rule: string): string {
  return `<LifecycleConfiguration ${NS}><Rule><ID>a</ID>${rule}</Rule></LifecycleConfiguration>`;
}
const ALL = '<Filter><Prefix></Prefix></Filter><Status>Enabled</Status>';

/** PUTs a document, then GETs it. */
async function putAndGet(desk: Desk, bucket: string, subresource: string, body: string, pattern: RegExp) {
  const query = `${subresource}=`;
  const put = await desk.s3('PUT', `/${bucket}`, { query, body });
  const get = await desk.s3('GET', `/${bucket}`, { query });
  return `PUT ${told(put)}, GET ${told(get, pattern)}`;
}

function tagging(...tags: readonly (readonly [key: string, value: string])[]): string {
  const list = tags.map(([key, value]) => `<Tag><Key>${key}</Key><Value>${value}</Value></Tag>`);
  return `<Tagging ${NS}><TagSet>${list.join('')}</TagSet></Tagging>`;
}

async function putTags(desk: Desk, ...tags: readonly (readonly [key: string, value: string])[]): Promise<string> {
  return putAndGet(desk, await desk.bucket(), 'tagging', tagging(...tags), /<Key>([^<]*)/gu);
}

function putRules(rule: string): PeerCall['ask'] {
  return async (desk) =>
    putAndGet(desk, await desk.bucket(), 'lifecycle', rules(rule), /<(Days|NoncurrentDays|Transition)>/gu);
}

function policyOf(bucket: string, principal: unknown, action = 's3:GetObject'): string {
  const statement = { Effect: 'Allow', Principal: principal, Action: action, Resource: `arn:aws:s3:::${bucket}/*` };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
}

/** A GET of a subresource of a bucket that never had one. */
function unset(row: string, subresource: string): PeerCall {
  return {
    row,
    title: `GET ?${subresource} of a new bucket`,
    ask: async (desk) => told(await desk.s3('GET', `/${await desk.bucket()}`, { query: `${subresource}=` })),
  };
}

function create(name: string): PeerCall {
  return {
    row: 'W45',
    title: `a bucket called ${name.length > 20 ? `${name.slice(0, 10)}… (${name.length})` : name}`,
    ask: async (desk) => told(await desk.createBucket(name, desk.service.regions.home)),
  };
}

/** About buckets and their settings. */
export const bucketCalls: readonly PeerCall[] = [
  {
    row: 'W3',
    title: "a bucket whose LocationConstraint is another region's",
    ask: async (desk) => {
      const body = `<CreateBucketConfiguration ${NS}><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>`;
      return told(await desk.s3('PUT', `/${desk.name()}`, { body }));
    },
  },
  {
    row: 'W3',
    title: 'a bucket without LocationConstraint outside us-east-1',
    ask: async (desk) => told(await desk.s3('PUT', `/${desk.name()}`)),
  },
  {
    row: 'W4',
    title: 'an own bucket created again',
    ask: async (desk) => told(await desk.createBucket(await desk.bucket(), desk.service.regions.home)),
  },
  {
    row: 'W5',
    title: 'the location of a bucket',
    ask: async (desk) =>
      told(
        await desk.s3('GET', `/${await desk.bucket()}`, { query: 'location=' }),
        /<LocationConstraint[^>]*>([^<]*)/gu,
      ),
  },
  {
    row: 'W6',
    title: "a write through another region's endpoint",
    ask: async (desk) => {
      const { other: region } = desk.service.regions;
      return told(await desk.s3('PUT', `/${await desk.bucket()}/k`, { body: 'x', region }));
    },
  },
  {
    row: 'W7',
    title: 'bucket encryption, put and got',
    ask: async (desk) => {
      const body = `<ServerSideEncryptionConfiguration ${NS}><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`;
      return putAndGet(desk, await desk.bucket(), 'encryption', body, /<SSEAlgorithm>([^<]*)/gu);
    },
  },
  {
    row: 'W10',
    title: 'DELETE of a bucket with an object',
    ask: async (desk) => told(await desk.s3('DELETE', `/${await desk.filled()}`)),
  },
  {
    row: 'W10',
    title: 'DELETE of a bucket with an upload in progress',
    ask: async (desk) => {
      const bucket = await desk.bucket();
      made(await desk.s3('POST', `/${bucket}/k`, { query: 'uploads=' }), 200);
      return told(await desk.s3('DELETE', `/${bucket}`));
    },
  },
  {
    row: 'W11',
    title: 'DELETE with force_delete of a bucket with an object',
    ask: async (desk) => told(await desk.s3('DELETE', `/${await desk.filled()}`, { query: 'force_delete=true' })),
  },
  {
    row: 'W13',
    title: 'object lock on a bucket that was made without it',
    ask: async (desk) => {
      const body = `<ObjectLockConfiguration ${NS}><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>`;
      return told(await desk.s3('PUT', `/${await desk.bucket()}`, { query: 'object-lock=', body }));
    },
  },
  {
    row: 'W13',
    title: 'a mode of object lock in lower case',
    ask: async (desk) => {
      const body = `<ObjectLockConfiguration ${NS}><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>governance</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>`;
      return putAndGet(desk, await desk.lockedBucket(), 'object-lock', body, /<Mode>([^<]*)/gu);
    },
  },
  {
    row: 'W13',
    title: 'DELETE of a version under legal hold',
    ask: async (desk) => {
      const path = `/${await desk.lockedBucket()}/k`;
      const put = made(
        await desk.s3('PUT', path, { body: 'x', headers: { 'x-amz-object-lock-legal-hold': 'ON' } }),
        200,
      );
      return told(await desk.s3('DELETE', path, { query: `versionId=${String(put.headers['x-amz-version-id'])}` }));
    },
  },
  unset('W13', 'object-lock'),
  {
    row: 'W14',
    title: 'GET ?compliance of a new bucket, by its root element',
    ask: async (desk) =>
      told(await desk.s3('GET', `/${await desk.bucket()}`, { query: 'compliance=' }), /<(\w+)[ >][^?]*$/gu),
  },
  {
    row: 'W15',
    title: 'versioning of a new bucket, and put',
    ask: async (desk) => {
      const bucket = await desk.bucket();
      const before = told(await desk.s3('GET', `/${bucket}`, { query: 'versioning=' }), /<Status>([^<]*)/gu);
      return `${before}; ${await putAndGet(desk, bucket, 'versioning', VERSIONED, /<Status>([^<]*)/gu)}`;
    },
  },
  {
    row: 'W15',
    title: 'MFA delete switched on without x-amz-mfa',
    ask: async (desk) => {
      const body = VERSIONED.replace('</Status>', '</Status><MfaDelete>Enabled</MfaDelete>');
      return told(await desk.s3('PUT', `/${await desk.bucket()}`, { query: 'versioning=', body }));
    },
  },
  unset('W16', 'lifecycle'),
  {
    row: 'W16',
    title: 'a lifecycle of Days, NoncurrentDays and uploads',
    ask: putRules(
      `${ALL}<Expiration><Days>3</Days></Expiration><NoncurrentVersionExpiration><NoncurrentDays>5</NoncurrentDays></NoncurrentVersionExpiration><AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload>`,
    ),
  },
  {
    row: 'W16',
    title: 'a lifecycle by sizes',
    ask: putRules(
      '<Filter><And><Prefix>a</Prefix><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan><ObjectSizeLessThan>9</ObjectSizeLessThan></And></Filter><Status>Enabled</Status><Expiration><Days>3</Days></Expiration>',
    ),
  },
  { row: 'W16', title: 'a lifecycle of no days', ask: putRules(`${ALL}<Expiration><Days>0</Days></Expiration>`) },
  { row: 'W16', title: 'a lifecycle rule without an action', ask: putRules(ALL) },
  {
    row: 'W17',
    title: 'a lifecycle with a transition',
    ask: putRules(`${ALL}<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>`),
  },
  {
    row: 'W18',
    title: 'the cross-origin headers of a bucket without rules',
    ask: async (desk) => {
      const answer = await desk.s3('GET', `/${await desk.bucket()}`, { headers: { origin: 'https://page.example' } });
      const { 'access-control-allow-origin': origin, 'access-control-max-age': age } = answer.headers;
      return `${told(answer)}, Allow-Origin ${String(origin ?? 'none')}, Max-Age ${String(age ?? 'none')}`;
    },
  },
  {
    row: 'W19',
    title: 'CORS rules, put and got',
    ask: async (desk) => {
      const body = `<CORSConfiguration ${NS}><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://a.example</AllowedOrigin></CORSRule></CORSConfiguration>`;
      return putAndGet(desk, await desk.bucket(), 'cors', body, /<AllowedOrigin>([^<]*)/gu);
    },
  },
  unset('W20', 'policy'),
  {
    row: 'W20',
    title: 'a bucket policy that names an account, put and got',
    ask: async (desk) => {
      const bucket = await desk.bucket();
      const body = policyOf(bucket, { AWS: '100000000001' });
      return putAndGet(desk, bucket, 'policy', body, /"(Effect)"/gu);
    },
  },
  {
    row: 'W20',
    title: 'a bucket policy that is no JSON',
    ask: async (desk) => told(await desk.s3('PUT', `/${await desk.bucket()}`, { query: 'policy=', body: 'Allow all' })),
  },
  {
    row: 'W20',
    title: 'a bucket policy about another bucket',
    ask: async (desk) => {
      const body = policyOf('another-bucket', { AWS: '100000000001' });
      return told(await desk.s3('PUT', `/${await desk.bucket()}`, { query: 'policy=', body }));
    },
  },
  {
    row: 'W20',
    title: 'a bucket policy with an action that there is not',
    ask: async (desk) => {
      const bucket = await desk.bucket();
      const body = policyOf(bucket, { AWS: '100000000001' }, 'iam:CreateUser');
      return told(await desk.s3('PUT', `/${bucket}`, { query: 'policy=', body }));
    },
  },
  {
    row: 'W21',
    title: 'a bucket policy for everybody',
    ask: async (desk) => {
      const bucket = await desk.bucket();
      return told(await desk.s3('PUT', `/${bucket}`, { query: 'policy=', body: policyOf(bucket, '*') }));
    },
  },
  {
    row: 'W21',
    title: 'a public ACL',
    ask: async (desk) => {
      const headers = { 'x-amz-acl': 'public-read' };
      return told(await desk.s3('PUT', `/${await desk.bucket()}`, { query: 'acl=', headers }));
    },
  },
  {
    row: 'W22',
    title: 'the public access block, put and got',
    ask: async (desk) => {
      const body = `<PublicAccessBlockConfiguration ${NS}><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>`;
      return putAndGet(desk, await desk.bucket(), 'publicAccessBlock', body, /<BlockPublicAcls>([^<]*)/giu);
    },
  },
  unset('W23', 'website'),
  unset('W23', 'notification'),
  unset('W23', 'ownershipControls'),
  unset('W23', 'requestPayment'),
  unset('W23', 'accelerate'),
  unset('W24', 'tagging'),
  { row: 'W24', title: 'tags, put and got', ask: (desk) => putTags(desk, ['b', 'x'], ['a', '']) },
  { row: 'W24', title: 'a tag twice', ask: (desk) => putTags(desk, ['a', '1'], ['a', '2']) },
  { row: 'W24', title: 'a tag of AWS', ask: (desk) => putTags(desk, ['aws:a', '1']) },
  { row: 'W24', title: 'a tag with a key of 129', ask: (desk) => putTags(desk, ['k'.repeat(129), '1']) },
  { row: 'W24', title: 'a tag with other signs', ask: (desk) => putTags(desk, ['a', '\u{1F600}']) },
  unset('W25', 'replication'),
  unset('W26', 'logging'),
  {
    row: 'W26',
    title: 'logging to a bucket that is not there',
    ask: async (desk) => {
      const body = `<BucketLoggingStatus ${NS}><LoggingEnabled><TargetBucket>${desk.name()}</TargetBucket><TargetPrefix></TargetPrefix></LoggingEnabled></BucketLoggingStatus>`;
      return told(await desk.s3('PUT', `/${await desk.bucket()}`, { query: 'logging=', body }));
    },
  },
  {
    row: 'W26',
    title: 'logging to a bucket without a grant',
    ask: async (desk) => {
      const body = `<BucketLoggingStatus ${NS}><LoggingEnabled><TargetBucket>${await desk.bucket()}</TargetBucket><TargetPrefix></TargetPrefix></LoggingEnabled></BucketLoggingStatus>`;
      return told(await desk.s3('PUT', `/${await desk.bucket()}`, { query: 'logging=', body }));
    },
  },
  create('ab'),
  create('Capitals'),
  create('two..dots'),
  create('192.168.0.1'),
  create('xn--name'),
  create('x'.repeat(64)),
];
