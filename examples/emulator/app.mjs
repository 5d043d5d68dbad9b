// Stands for an application: it finds Wasabi and its key in the variables that every AWS SDK reads.
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';

const Bucket = process.env.BUCKET ?? 'app-data';
const s3 = new S3Client({ forcePathStyle: true });
const Body = `stored at ${new Date().toISOString()}`;
await s3.send(new PutObjectCommand({ Bucket, Key: 'hello.txt', Body }));
const stored = await s3.send(new GetObjectCommand({ Bucket, Key: 'hello.txt' }));
const text = await stored.Body.transformToString();
if (text !== Body) throw new Error(`hello.txt is "${text}"`);
process.stdout.write(`hello.txt of ${Bucket}: ${text}\n`);
