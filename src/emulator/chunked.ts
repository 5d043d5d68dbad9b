import type { ChunkSeed } from './authentication.ts';
import { ServiceError } from './errors.ts';
import type { Quirks } from './quirks.ts';
import { equalText, scopeText, sha256Hex, signatureOf } from './sigv4.ts';

/** A body without its aws-chunked framing, and the headers that came behind it. */
export interface DecodedBody {
  readonly content: Buffer;
  readonly trailers: Readonly<Record<string, string>>;
}

const EMPTY_HASH = sha256Hex('');
const CRLF = '\r\n';

/**
 * Takes the aws-chunked framing off a body that says it has one (`x-amz-content-sha256: STREAMING-…`).
 * Source: "Signature calculations for the Authorization header: transferring payload in multiple chunks", S3 API Reference.
 * @throws ServiceError InvalidArgument for trailers where they are refused, IncompleteBody, SignatureDoesNotMatch
 */
export function decodeBody(
  body: Buffer,
  headers: Readonly<Record<string, string | undefined>>,
  seed: ChunkSeed | undefined,
  quirks: Quirks,
): DecodedBody {
  const kind = headers['x-amz-content-sha256'] ?? '';
  if (!kind.startsWith('STREAMING-')) return { content: body, trailers: {} };
  const hasTrailers = kind.endsWith('-TRAILER');
  const isSigned = kind.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD');
  if ((hasTrailers && quirks.trailers === 'refused') || (!isSigned && kind !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER')) {
    throw new ServiceError('InvalidArgument', {
      message: `x-amz-content-sha256 must be UNSIGNED-PAYLOAD, or a valid sha256 value, not ${kind}.`,
      elements: { ArgumentName: 'x-amz-content-sha256', ArgumentValue: kind },
    });
  }
  if (isSigned && seed === undefined) throw new ServiceError('AccessDenied'); // chunks of a request that is not signed
  const chain = isSigned && seed !== undefined ? signatureChain(seed) : undefined;
  const { chunks, rest } = readChunks(body, chain);
  const content = Buffer.concat(chunks);
  const declared = headers['x-amz-decoded-content-length'];
  if (declared !== undefined && Number(declared) !== content.length) throw new ServiceError('IncompleteBody');
  return { content, trailers: hasTrailers ? readTrailers(rest, chain) : {} };
}

type Chain = (kind: 'PAYLOAD' | 'TRAILER', hash: string, signature: string) => void;

/** Each signature covers the one before it. */
function signatureChain(seed: ChunkSeed): Chain {
  let previous = seed.signature;
  return (kind, hash, signature) => {
    const fixed = [`AWS4-HMAC-SHA256-${kind}`, seed.amzDate, scopeText(seed.scope), previous];
    const text = [...fixed, ...(kind === 'PAYLOAD' ? [EMPTY_HASH] : []), hash].join('\n');
    if (!equalText(signatureOf(seed.key, text), signature)) throw new ServiceError('SignatureDoesNotMatch');
    previous = signature;
  };
}

function readChunks(body: Buffer, chain: Chain | undefined): { chunks: Buffer[]; rest: Buffer } {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf(CRLF, at);
    const head = /^([0-9a-f]{1,8})(?:;chunk-signature=([0-9a-f]{64}))?$/iu.exec(body.toString('latin1', at, end));
    if (end === -1 || head === null) throw new ServiceError('IncompleteBody');
    const size = Number.parseInt(head[1] ?? '', 16);
    const chunk = body.subarray(end + 2, end + 2 + size);
    if (chunk.length < size) throw new ServiceError('IncompleteBody');
    chain?.('PAYLOAD', sha256Hex(chunk), head[2] ?? '');
    if (size === 0) return { chunks, rest: body.subarray(end + 2) };
    chunks.push(chunk);
    at = end + 2 + size + CRLF.length;
  }
}

function readTrailers(rest: Buffer, chain: Chain | undefined): Record<string, string> {
  const lines = rest
    .toString('latin1')
    .split(/\r?\n/u)
    .filter((line) => line !== '');
  const pairs = lines.map((line): [string, string] => {
    const cut = line.indexOf(':');
    return [line.slice(0, cut).trim().toLowerCase(), line.slice(cut + 1).trim()];
  });
  const { 'x-amz-trailer-signature': signature, ...trailers } = Object.fromEntries(pairs);
  const text = Object.entries(trailers).map(([name, value]) => `${name}:${value}\n`);
  chain?.('TRAILER', sha256Hex(text.join('')), signature ?? '');
  return trailers;
}
