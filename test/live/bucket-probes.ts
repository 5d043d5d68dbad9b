import { hash } from 'node:crypto';
import type { Probe } from './probe.ts';
import { made, seen, text } from './scratch.ts';
import { type Answer, send } from './service.ts';

const XMLNS = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const TAGGING = `<Tagging ${XMLNS}><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>`;

/** A setting that the service refuses, or takes. */
function accepts(answer: Answer): 'accepted' | 'refused' {
  return answer.status < 300 ? 'accepted' : 'refused';
}

/** About buckets and their settings. */
export const bucketProbes: readonly Probe[] = [
  {
    row: 'W6',
    question: "A write through another region's endpoint",
    quirk: 'wrongRegion',
    ask: async ({ service, scratch }) => {
      const bucket = await scratch.bucket();
      const region = service.regions.other;
      const call = { to: 's3', method: 'PUT', path: `/${bucket}`, query: 'tagging=', body: TAGGING, region } as const;
      const answer = await send(service, { ...call, headers: { 'content-md5': md5(TAGGING) } });
      const reading = (['PermanentRedirect', 'TemporaryRedirect', 'BadRequest'] as const).find(
        (code) => code === answer.code,
      );
      const location = String(answer.headers['location'] ?? 'none').replaceAll(bucket, 'BUCKET');
      return {
        seen: `${seen(answer)}, Location: ${location}, Endpoint: ${text(answer, 'Endpoint') || 'none'}`,
        reading,
      };
    },
  },
  {
    row: 'W6',
    question: 'Whether HeadBucket says the region',
    quirk: 'bucketRegionHeader',
    ask: async ({ service, scratch }) => {
      const answer = await send(service, { to: 's3', method: 'HEAD', path: `/${await scratch.bucket()}` });
      const region = answer.headers['x-amz-bucket-region'];
      return {
        seen: `${seen(answer)}, x-amz-bucket-region: ${String(region ?? 'none')}`,
        reading: region !== undefined,
      };
    },
  },
  {
    row: 'W6',
    question: "A read through another region's endpoint",
    ask: async ({ service, scratch }) => {
      const path = `/${await scratch.bucket()}`;
      return {
        seen: seen(await send(service, { to: 's3', path, query: 'list-type=2', region: service.regions.other })),
      };
    },
  },
  {
    row: 'W4',
    question: 'An own bucket that is created again in us-east-1',
    quirk: 'recreateInUsEast1',
    ask: async ({ scratch }) => {
      const answer = await scratch.createBucket(await scratch.bucket('us-east-1'), 'us-east-1');
      return { seen: seen(answer), reading: answer.status < 300 ? 'ok' : 'conflict' };
    },
  },
  {
    row: 'W4',
    question: "A bucket of one's own and one of somebody else, created again elsewhere",
    ask: async ({ service, scratch }) => {
      const own = await scratch.createBucket(await scratch.bucket(), service.regions.home);
      const other = await scratch.createBucket('test', service.regions.home);
      return { seen: `own: ${seen(own)}; "test": ${seen(other)}` };
    },
  },
  {
    row: 'W7',
    question: 'Bucket encryption configuration',
    quirk: 'encryption',
    ask: async ({ service, scratch }) => {
      const body = `<ServerSideEncryptionConfiguration ${XMLNS}><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>`;
      const answer = await putSetting(service, await scratch.bucket(), 'encryption=', body);
      return { seen: seen(answer), reading: accepts(answer) };
    },
  },
  {
    row: 'W19',
    question: 'PutBucketCors',
    quirk: 'cors',
    ask: async ({ service, scratch }) => {
      const body = `<CORSConfiguration ${XMLNS}><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://example.com</AllowedOrigin></CORSRule></CORSConfiguration>`;
      const answer = await putSetting(service, await scratch.bucket(), 'cors=', body);
      return { seen: seen(answer), reading: accepts(answer) };
    },
  },
  {
    row: 'W22',
    question: 'Public access block, and what is read afterwards',
    quirk: 'publicAccessBlock',
    ask: async ({ service, scratch }) => {
      const bucket = await scratch.bucket();
      const body = `<PublicAccessBlockConfiguration ${XMLNS}><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>`;
      const put = await putSetting(service, bucket, 'publicAccessBlock=', body);
      const get = await send(service, { to: 's3', path: `/${bucket}`, query: 'publicAccessBlock=' });
      const isKept = text(get, 'BlockPublicAcls').toLowerCase() === 'true';
      const reading = put.status >= 300 ? 'refused' : isKept ? 'accepted' : 'empty';
      return { seen: `PUT ${seen(put)}, GET ${seen(get)}`, reading };
    },
  },
  {
    row: 'W17',
    question: 'A lifecycle rule with a transition, and what is read afterwards',
    quirk: 'lifecycleTransitions',
    ask: async ({ service, scratch }) => {
      const bucket = await scratch.bucket();
      const body = `<LifecycleConfiguration ${XMLNS}><Rule><ID>a</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition><Expiration><Days>9</Days></Expiration></Rule></LifecycleConfiguration>`;
      const put = await putSetting(service, bucket, 'lifecycle=', body);
      const get = await send(service, { to: 's3', path: `/${bucket}`, query: 'lifecycle=' });
      const what = get.body.includes('<Transition>') ? 'with the transition' : 'without it';
      const reading = put.status < 300 ? 'ignored' : put.status === 400 ? 'invalid' : 'refused';
      return { seen: `PUT ${seen(put)}, GET ${seen(get)} ${what}`, reading };
    },
  },
  {
    row: 'W11',
    question: 'DELETE with force_delete on a bucket with an object and an upload in progress',
    quirk: 'forceDelete',
    ask: async ({ service, scratch }) => {
      const bucket = await scratch.bucket();
      made(await send(service, { to: 's3', method: 'PUT', path: `/${bucket}/k`, body: 'x' }), 200);
      made(await send(service, { to: 's3', method: 'POST', path: `/${bucket}/u`, query: 'uploads=' }), 200);
      const answer = await send(service, {
        to: 's3',
        method: 'DELETE',
        path: `/${bucket}`,
        query: 'force_delete=true',
      });
      return { seen: seen(answer), reading: answer.status < 300 ? 'honoured' : 'ignored' };
    },
  },
  {
    row: 'W11',
    question: 'DELETE with force_delete on a bucket with an object under legal hold',
    quirk: 'lockedForceDelete',
    ask: async ({ service, scratch }) => {
      const bucket = await scratch.lockedBucket();
      const path = `/${bucket}/k`;
      made(await send(service, { to: 's3', method: 'PUT', path, body: 'x' }), 200);
      const hold = (status: string) => {
        const body = `<LegalHold ${XMLNS}><Status>${status}</Status></LegalHold>`;
        const headers = { 'content-md5': md5(body) };
        return send(service, { to: 's3', method: 'PUT', path, query: 'legal-hold=', body, headers });
      };
      made(await hold('ON'), 200);
      const call = { to: 's3', method: 'DELETE', path: `/${bucket}`, query: 'force_delete=true' } as const;
      const answer = await send(service, call);
      await hold('OFF'); // or it could never be cleared away
      const reading = (['AccessDenied', 'BucketNotEmpty'] as const).find((code) => code === answer.code);
      return { seen: seen(answer), reading };
    },
  },
  {
    row: 'W10',
    question: 'DELETE of a bucket with an upload in progress',
    quirk: 'uploadsBlockDelete',
    ask: async ({ service, scratch }) => {
      const bucket = await scratch.bucket();
      made(await send(service, { to: 's3', method: 'POST', path: `/${bucket}/u`, query: 'uploads=' }), 200);
      const answer = await send(service, { to: 's3', method: 'DELETE', path: `/${bucket}` });
      return { seen: seen(answer), reading: answer.status >= 300 };
    },
  },
  {
    row: 'W23',
    question: 'Subresources that there are none of: notification, ownershipControls, website, inventory',
    quirk: 'unsupported',
    ask: async ({ service, scratch }) => {
      const bucket = await scratch.bucket();
      const names = ['notification', 'ownershipControls', 'website', 'inventory'];
      const answers = await Promise.all(
        names.map((name) => send(service, { to: 's3', path: `/${bucket}`, query: `${name}=` })),
      );
      const codes = new Set(answers.map(({ code }) => code));
      const reading = (['MethodNotAllowed', 'NotImplemented'] as const).find(
        (code) => codes.size === 1 && codes.has(code),
      );
      return { seen: names.map((name, index) => `${name} ${seen(answers[index] ?? NONE)}`).join(', '), reading };
    },
  },
  {
    row: 'W14',
    question: 'Compliance of a bucket that never had it',
    quirk: 'unsetCompliance',
    ask: async ({ service, scratch }) => {
      const answer = await send(service, { to: 's3', path: `/${await scratch.bucket()}`, query: 'compliance=' });
      const reading = answer.status === 200 ? 'disabled' : answer.status === 404 ? 'missing' : undefined;
      return { seen: `${seen(answer)} ${text(answer, 'Status')}`.trim(), reading };
    },
  },
  {
    row: 'W14',
    question: 'Compliance settings without Content-MD5 that hold nothing, and what is read afterwards',
    ask: async ({ service, scratch }) => {
      const path = `/${await scratch.bucket()}`;
      const body =
        '<BucketComplianceConfiguration><Status>disabled</Status><LockTime>off</LockTime><RetentionDays>1</RetentionDays></BucketComplianceConfiguration>';
      const put = await send(service, { to: 's3', method: 'PUT', path, query: 'compliance=', body });
      const get = await send(service, { to: 's3', path, query: 'compliance=' });
      const root = /<([A-Za-z]*Compliance[A-Za-z]*)/u.exec(get.body)?.[1] ?? 'another document';
      const fields = ['Status', 'LockTime', 'IsLocked', 'RetentionDays', 'ConditionalHold', 'DeleteAfterRetention'];
      const values = fields.map((name) => `${name} ${text(get, name) || 'none'}`).join(', ');
      return { seen: `PUT ${seen(put)}, GET ${seen(get)} ${root}: ${values}` };
    },
  },
  {
    row: 'W25',
    question:
      'Replication with an empty Role: to a bucket that keeps versions like the source, and to one that does not',
    quirk: 'replicationRole',
    ask: async ({ service, scratch }) => {
      const source = await scratch.bucket();
      const like = await scratch.bucket(service.regions.other);
      const unlike = await scratch.bucket();
      const enabled = `<VersioningConfiguration ${XMLNS}><Status>Enabled</Status></VersioningConfiguration>`;
      made(await putSetting(service, unlike, 'versioning=', enabled), 200);
      const putTo = (destination: string) => {
        const body = `<ReplicationConfiguration ${XMLNS}><Role></Role><Rule><ID>a</ID><Priority>1</Priority><Status>Enabled</Status><Filter><Prefix>none/</Prefix></Filter><DeleteMarkerReplication><Status>Disabled</Status></DeleteMarkerReplication><Destination><Bucket>arn:aws:s3:::${destination}</Bucket></Destination></Rule></ReplicationConfiguration>`;
        return putSetting(service, source, 'replication=', body);
      };
      const answer = await putTo(like);
      const reading = answer.status < 300 ? 'optional' : 'required';
      return { seen: `${seen(answer)}; ${seen(await putTo(unlike))}`, reading };
    },
  },
  {
    row: 'W26',
    question: 'Logging to a bucket without a grant, and to one that is not there',
    ask: async ({ service, scratch }) => {
      const [source, target] = [await scratch.bucket(), await scratch.bucket()];
      const putTo = (name: string) => {
        const body = `<BucketLoggingStatus ${XMLNS}><LoggingEnabled><TargetBucket>${name}</TargetBucket><TargetPrefix></TargetPrefix></LoggingEnabled></BucketLoggingStatus>`;
        return putSetting(service, source, 'logging=', body);
      };
      const given = seen(await putTo(target));
      const missing = seen(await putTo(scratch.name()));
      made(await putSetting(service, source, 'logging=', `<BucketLoggingStatus ${XMLNS}/>`), 200);
      return { seen: `${given}; ${missing}` };
    },
  },
  {
    row: 'W13, W16, W24, W25',
    question: 'Settings that are not set: object lock, lifecycle, tags, replication, policy',
    ask: async ({ service, scratch }) => {
      const bucket = await scratch.bucket();
      const names = ['object-lock', 'lifecycle', 'tagging', 'replication', 'policy'];
      const lines: string[] = [];
      for (const name of names) {
        lines.push(`${name} ${seen(await send(service, { to: 's3', path: `/${bucket}`, query: `${name}=` }))}`);
      }
      return { seen: lines.join(', ') };
    },
  },
];

const NONE: Answer = { status: 0, code: '', headers: {}, body: '' };

function md5(body: string): string {
  return hash('md5', body, 'base64');
}

function putSetting(service: Parameters<typeof send>[0], bucket: string, query: string, body: string): Promise<Answer> {
  return send(service, {
    to: 's3',
    method: 'PUT',
    path: `/${bucket}`,
    query,
    body,
    headers: { 'content-md5': md5(body) },
  });
}
