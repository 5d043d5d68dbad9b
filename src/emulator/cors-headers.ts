import type { Bucket } from './state.ts';
import type { CorsRules } from './subresources/cors.ts';

/** What Wasabi answers to any request with an Origin where the bucket has no rules of its own (seen live by others). */
const OPEN: Readonly<Record<string, string>> = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': '*',
  'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE, MOVE, OPTIONS',
  'access-control-expose-headers': '*',
  'access-control-max-age': '86400',
};

/** The cross-origin headers of an answer; none where rules of the bucket do not let the origin in. */
export function corsHeaders(
  headers: Readonly<Record<string, string | undefined>>,
  method: string,
  bucket: Bucket | undefined,
): Readonly<Record<string, string>> {
  const origin = headers['origin'];
  if (origin === undefined) return {};
  const rules = bucket?.documents['cors'] as CorsRules | undefined;
  if (rules === undefined) return OPEN;
  const wanted = headers['access-control-request-method'] ?? method;
  const rule = rules.CORSRule.find(
    ({ AllowedMethod, AllowedOrigin }) =>
      AllowedMethod.some((allowed) => allowed === wanted) && AllowedOrigin.some((allowed) => fits(allowed, origin)),
  );
  if (rule === undefined) return {};
  return {
    'access-control-allow-origin': rule.AllowedOrigin.includes('*') ? '*' : origin,
    'access-control-allow-methods': rule.AllowedMethod.join(', '),
    ...(rule.AllowedHeader.length === 0 ? {} : { 'access-control-allow-headers': rule.AllowedHeader.join(', ') }),
    ...(rule.ExposeHeader.length === 0 ? {} : { 'access-control-expose-headers': rule.ExposeHeader.join(', ') }),
    ...(rule.MaxAgeSeconds === undefined ? {} : { 'access-control-max-age': String(rule.MaxAgeSeconds) }),
  };
}

/** One `*` stands for any text. */
function fits(pattern: string, origin: string): boolean {
  const [start = '', end] = pattern.split('*');
  return end === undefined ? pattern === origin : origin.startsWith(start) && origin.endsWith(end);
}
