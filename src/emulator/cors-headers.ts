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

type Headers = Readonly<Record<string, string | undefined>>;

/** Of which headers of the request an answer by the rules of a bucket speaks. */
const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

/**
 * The cross-origin headers of an answer: none for a request without Origin. `undefined`: the bucket has rules, and none of
 * them lets it in; a preflight is refused then.
 */
export function corsHeaders(
  headers: Headers,
  method: string,
  bucket: Bucket | undefined,
): Readonly<Record<string, string>> | undefined {
  const origin = headers['origin'];
  if (origin === undefined) return {};
  const rules = bucket?.documents['cors'] as CorsRules | undefined;
  if (rules === undefined) return OPEN;
  const wanted = headers['access-control-request-method'] ?? method;
  const rule = rules.CORSRule.find(
    ({ AllowedMethod, AllowedOrigin, AllowedHeader }) =>
      AllowedMethod.some((allowed) => allowed === wanted) &&
      AllowedOrigin.some((allowed) => fits(allowed, origin)) &&
      requestedHeaders(headers).every((name) => AllowedHeader.some((allowed) => fits(allowed.toLowerCase(), name))),
  );
  if (rule === undefined) return undefined;
  return {
    'access-control-allow-origin': rule.AllowedOrigin.includes('*') ? '*' : origin,
    'access-control-allow-methods': rule.AllowedMethod.join(', '),
    ...(rule.AllowedHeader.length === 0 ? {} : { 'access-control-allow-headers': rule.AllowedHeader.join(', ') }),
    ...(rule.ExposeHeader.length === 0 ? {} : { 'access-control-expose-headers': rule.ExposeHeader.join(', ') }),
    ...(rule.MaxAgeSeconds === undefined ? {} : { 'access-control-max-age': String(rule.MaxAgeSeconds) }),
    vary: VARY,
  };
}

/** What a preflight asks for, in lower case. */
function requestedHeaders(headers: Headers): readonly string[] {
  const names = (headers['access-control-request-headers'] ?? '').split(',');
  return names.map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
}

/** One `*` stands for any text. */
function fits(pattern: string, text: string): boolean {
  const [start = '', end] = pattern.split('*');
  if (end === undefined) return pattern === text;
  return text.length >= start.length + end.length && text.startsWith(start) && text.endsWith(end);
}
