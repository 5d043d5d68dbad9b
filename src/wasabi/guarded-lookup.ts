import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { ReconcileError } from '../runtime/errors.ts';
import { type AllowedEndpoints, addressPolicyOf, isLocalhost, isPublicAddress } from './allowed-endpoints.ts';

/** Asks the resolver of the system for all addresses of a name. */
export type ResolveAll = (
  hostname: string,
  callback: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

const resolveBySystem: ResolveAll = (hostname, callback) =>
  systemLookup(hostname, { all: true, verbatim: true }, callback);

/**
 * The `lookup` of every connection to a service: resolves once, and the socket goes to the address that was checked,
 * so that a name which answers differently the next time gains nothing. One forbidden address among several refuses
 * the name. Names under `.localhost` are loopback without DNS (RFC 6761).
 */
export function guardedLookup(allowed: AllowedEndpoints, resolve: ResolveAll = resolveBySystem): LookupFunction {
  return (hostname, options, callback) => {
    const fail = (error: Error) => callback(error, '', 0);
    const answer = (addresses: readonly LookupAddress[]) => {
      const family = options.family === 'IPv4' ? 4 : options.family === 'IPv6' ? 6 : (options.family ?? 0);
      const fitting = addresses.filter((address) => family === 0 || address.family === family);
      const first = fitting[0];
      if (first === undefined) return fail(Object.assign(new Error('no address'), { code: 'ENOTFOUND', hostname }));
      return options.all === true ? callback(null, [...fitting]) : callback(null, first.address, first.family);
    };
    if (addressPolicyOf(hostname, allowed) === undefined) return fail(notAllowed(hostname));
    if (isLocalhost(hostname.toLowerCase().replace(/\.$/, ''))) return answer(LOOPBACK);
    resolve(hostname, (error, addresses) => {
      if (error !== null) return fail(error);
      const refused = addresses.find(({ address }) => !isAddressAllowed(hostname, address, allowed));
      return refused === undefined ? answer(addresses) : fail(notAllowed(hostname));
    });
  };
}

/**
 * Whether a connection to `host`, which resolved to `address`, may be made. For a host that is an address itself, no
 * lookup takes place: ask with `address` equal to `host`.
 */
export function isAddressAllowed(host: string, address: string, allowed: AllowedEndpoints): boolean {
  const policy = addressPolicyOf(host, allowed);
  if (policy === undefined || isIP(address) === 0) return false;
  return policy === 'any' || policy === 'loopback' || isPublicAddress(address);
}

/** The error for a host whose name or address is not allowed. The address is left out: it would map the network. */
export function notAllowed(host: string): ReconcileError {
  return new ReconcileError(
    'InvalidSpec',
    `endpoint host ${JSON.stringify(host.slice(0, 100))} leads to an address that is not allowed: ` +
      'loopback, private and link-local addresses only when the host is listed literally in --allowed-endpoints',
    { reason: 'EndpointNotAllowed' },
  );
}
