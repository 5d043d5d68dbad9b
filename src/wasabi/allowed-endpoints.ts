import ipaddr from 'ipaddr.js';
import { ReconcileError } from '../runtime/errors.ts';

/** One entry of `--allowed-endpoints`, parsed. */
interface AllowedEndpoint {
  readonly protocol: 'https:' | 'http:';
  /** In lower case, without a trailing dot; an IP address in its one canonical form, without brackets. */
  readonly host: string;
  /** The entry was `*.host`: any name below it, not the host itself. */
  readonly isSuffix: boolean;
  readonly port: string;
}

/** The endpoints that Providers may name. */
export interface AllowedEndpoints {
  readonly entries: readonly AllowedEndpoint[];
  /** As given, for messages. */
  readonly text: string;
}

/** The addresses to which a host name may lead: any, since it was listed literally; loopback (`.localhost`); public ones. */
export type AddressPolicy = 'any' | 'loopback' | 'public';

const HOST_SYNTAX = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*$/;

/**
 * Parses the entries of `--allowed-endpoints`: `HOST`, `HOST:PORT`, `*.SUFFIX` (HTTPS), or any of them after `http://`
 * for plain HTTP. Without a port the default one of the protocol is meant. A host may be an IP address.
 * @throws Error naming the entry that is none of these
 */
export function parseAllowedEndpoints(entries: readonly string[]): AllowedEndpoints {
  const given = entries.map((entry) => entry.trim()).filter((entry) => entry !== '');
  return { entries: given.map(parseEntry), text: given.join(', ') };
}

/**
 * The endpoint as a URL in canonical form, if it may be called: scheme, host and port alone, HTTPS unless it is listed
 * with `http://`, and listed. What its name leads to is checked when a connection is made (`guardedLookup`).
 * @param field names the endpoint in messages, such as `spec.iamEndpoint`
 * @throws InvalidSpec, reason EndpointNotAllowed
 */
export function checkEndpoint(text: string, allowed: AllowedEndpoints, field = 'endpoint'): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw refused(field, text, 'is no URL; write https://HOST[:PORT]');
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw refused(field, text, 'is neither https:// nor http://');
  if (url.username !== '' || url.password !== '') throw refused(field, `//${url.host}`, 'carries a user or a password');
  if (text.includes('?') || text.includes('#') || url.pathname !== '/') {
    throw refused(field, url.origin, 'carries a path, a query or a fragment; only scheme, host and port may be given');
  }
  const host = canonicalHost(url.hostname);
  if (host === undefined) throw refused(field, text, 'has a host that is no plain host name or address');
  if (!host.includes(':')) url.hostname = host;
  const port = url.port === '' ? defaultPort(url.protocol) : url.port;
  const matching = allowed.entries.filter((entry) => hostMatches(entry, host));
  if (matching.some((entry) => entry.protocol === url.protocol && entry.port === port)) return url;
  const advice =
    url.protocol === 'http:' && matching.length > 0
      ? `is plain HTTP; that needs the entry http://${url.host} in --allowed-endpoints`
      : `is not among the endpoints that this operator may call (--allowed-endpoints: ${allowed.text || 'none'}): use one of those, or ask the operator's administrator to list it`;
  throw refused(field, url.origin, advice);
}

/**
 * To which addresses a connection to `host` may go; `undefined`: to none, it is not listed. A name below a literally
 * listed host counts as listed too: bucket names stand there when `pathStyle` is false.
 */
export function addressPolicyOf(host: string, allowed: AllowedEndpoints): AddressPolicy | undefined {
  const name = canonicalHost(host);
  if (name === undefined) return undefined;
  const literal = allowed.entries.some(
    (entry) => !entry.isSuffix && (entry.host === name || isBelow(name, entry.host)),
  );
  const listed = literal || allowed.entries.some((entry) => hostMatches(entry, name));
  if (!listed) return undefined;
  if (isLocalhost(name)) return 'loopback';
  return literal ? 'any' : 'public';
}

/** Names that mean this machine without any DNS. Source: RFC 6761 section 6.3. */
export function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Whether an address can be reached from the whole internet: not private, loopback, link-local, CGNAT and the like. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text); // an IPv4-mapped address as the IPv4 address it means
  if (address.kind() === 'ipv6' && address.range() === 'rfc6052') {
    const embedded = new ipaddr.IPv4(address.toByteArray().slice(12)); // NAT64: the last 32 bits are the IPv4 address
    return embedded.range() === 'unicast';
  }
  return address.range() === 'unicast';
}

function parseEntry(entry: string): AllowedEndpoint {
  const match = /^(?:(https?):\/\/)?(\*\.)?([^*]+)$/i.exec(entry);
  const protocol = match?.[1]?.toLowerCase() === 'http' ? 'http:' : 'https:';
  const text = `${protocol}//${match?.[3] ?? ''}`;
  const url = match !== null && URL.canParse(text) ? new URL(text) : undefined;
  const host = url === undefined ? undefined : canonicalHost(url.hostname);
  const isSuffix = match?.[2] !== undefined;
  if (url === undefined || host === undefined || (isSuffix && ipaddr.isValid(host)) || !isBare(url, match?.[3] ?? '')) {
    throw new Error(`${JSON.stringify(entry)} is no endpoint; write HOST, HOST:PORT, *.SUFFIX or http://HOST[:PORT]`);
  }
  return { protocol, host, isSuffix, port: url.port === '' ? defaultPort(protocol) : url.port };
}

/** Nothing but host and port. */
function isBare(url: URL, text: string): boolean {
  return url.username === '' && url.password === '' && !/[/?#@\\]/.test(text);
}

function hostMatches(entry: AllowedEndpoint, host: string): boolean {
  return entry.isSuffix ? isBelow(host, entry.host) : host === entry.host;
}

function isBelow(host: string, parent: string): boolean {
  return !ipaddr.isValid(parent) && host.endsWith(`.${parent}`);
}

/** The URL parser has made punycode of Unicode and dotted decimals of every spelling of IPv4 before. */
function canonicalHost(hostname: string): string | undefined {
  const host = hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  if (ipaddr.isValid(host)) return ipaddr.process(host).toString();
  return host.length <= 253 && HOST_SYNTAX.test(host) ? host : undefined;
}

function defaultPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80';
}

function refused(field: string, text: string, why: string): ReconcileError {
  const shown = JSON.stringify(text.slice(0, 120));
  return new ReconcileError('InvalidSpec', `${field}: ${shown} ${why}`, { reason: 'EndpointNotAllowed' });
}
