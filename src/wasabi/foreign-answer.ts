import type { ServiceName } from './service-fault.ts';

const READS = /^(?:Get|List)/;
/** Its answer is JSON, which who reads it judges. */
const NO_XML = new Set(['GetBucketPolicy']);
const PAGE = /^(?:<\?[^>]*>|<!--.*?-->|\s)*<html[\s>]/is;

/**
 * Whether a success that a read was answered with comes from somebody else than the service: it is empty, a web page, or,
 * of IAM and STS, of another call. The SDK's parsers take each for an answer in which nothing is set: for a user without
 * keys, for a bucket without rules. Source: IAM API Reference (`GetUserResponse`, `GetUserResult`); what the parsers do
 * is shown by the tests.
 * @param body '' where it is no XML
 */
export function isForeignAnswer(service: ServiceName, operation: string, body: string): boolean {
  if (!READS.test(operation) || NO_XML.has(operation)) return false;
  if (service !== 's3') return !body.includes(`<${operation}Res`);
  return body.trim() === '' || PAGE.test(body);
}
