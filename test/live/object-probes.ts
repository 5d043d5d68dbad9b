import { hash } from 'node:crypto';
import type { Probe } from './probe.ts';
import { made, seen } from './scratch.ts';
import { type Answer, type Service, send } from './service.ts';

/** About objects, checksums and errors. */
export const objectProbes: readonly Probe[] = [
  {
    row: 'W27',
    question: 'PUT with a checksum of CRC64NVME',
    quirk: 'checksums',
    ask: async ({ service, scratch }) => {
      // Of "123456789", as the catalogue of CRC algorithms has it for CRC-64/NVME.
      const headers = { 'x-amz-checksum-crc64nvme': Buffer.from('ae8b14860a799888', 'hex').toString('base64') };
      const answer = await put(service, await scratch.bucket(), '123456789', headers);
      return { seen: seen(answer), reading: answer.status < 300 ? 'aws' : 'strict' };
    },
  },
  {
    row: 'W27',
    question: 'A body in chunks with a trailer',
    quirk: 'trailers',
    ask: async ({ service, scratch }) => {
      const body = '9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n';
      const headers = {
        'content-encoding': 'aws-chunked',
        'x-amz-decoded-content-length': '9',
        'x-amz-trailer': 'x-amz-checksum-crc32',
      };
      const payloadHash = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';
      const path = `/${await scratch.bucket()}/k`;
      const answer = await send(service, { to: 's3', method: 'PUT', path, body, headers, payloadHash });
      return { seen: seen(answer), reading: answer.status < 300 ? 'accepted' : 'refused' };
    },
  },
  {
    row: 'W9',
    question: 'PUT with encryption by a key of a KMS',
    quirk: 'kms',
    ask: async ({ service, scratch }) => {
      const headers = { 'x-amz-server-side-encryption': 'aws:kms' };
      const answer = await put(service, await scratch.bucket(), 'x', headers);
      const reading = (['NotImplemented', 'InvalidArgument'] as const).find((code) => code === answer.code);
      return { seen: seen(answer), reading };
    },
  },
  {
    row: 'W44',
    question: 'DeleteObjects without Content-MD5 and checksum',
    quirk: 'integrityRequired',
    ask: async ({ service, scratch }) => {
      const body = '<Delete><Object><Key>k</Key></Object></Delete>';
      const path = `/${await scratch.bucket()}`;
      const answer = await send(service, { to: 's3', method: 'POST', path, query: 'delete=', body });
      return { seen: seen(answer), reading: answer.status >= 300 };
    },
  },
  {
    row: 'W28',
    question: 'PUT with If-None-Match: * over an object',
    quirk: 'conditionalPut',
    ask: async ({ service, scratch }) => {
      const bucket = await scratch.bucket();
      made(await put(service, bucket, 'first'), 200);
      const answer = await put(service, bucket, 'second', { 'if-none-match': '*' });
      return { seen: seen(answer), reading: answer.status < 300 ? 'ignored' : 'enforced' };
    },
  },
  {
    row: 'W35',
    question: 'The root of error documents, asked eight times',
    quirk: 'errorShape',
    ask: async ({ service, scratch }) => {
      const bucket = await scratch.bucket();
      const roots: string[] = [];
      for (let index = 0; index < 8; index += 1) {
        const answer = await send(service, { to: 's3', path: `/${bucket}/none-${index}` });
        roots.push(/<(Error|ErrorResponse)[\s>]/u.exec(answer.body)?.[1] ?? '?');
      }
      const kinds = [...new Set(roots)];
      const [only] = kinds;
      const isOne = kinds.length === 1 && (only === 'Error' || only === 'ErrorResponse');
      const reading = isOne ? only : kinds.length > 1 ? 'alternating' : undefined;
      return { seen: kinds.join(' and '), reading };
    },
  },
  {
    row: 'W41',
    question: 'PUT with another storage class',
    ask: async ({ service, scratch }) => {
      return { seen: seen(await put(service, await scratch.bucket(), 'x', { 'x-amz-storage-class': 'GLACIER' })) };
    },
  },
];

function put(service: Service, bucket: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
  const md5 = { 'content-md5': hash('md5', body, 'base64') };
  return send(service, { to: 's3', method: 'PUT', path: `/${bucket}/k`, body, headers: { ...md5, ...headers } });
}
