import type { LookupFunction } from 'node:net';

/** Names under `.localhost` are this machine, whatever its resolver knows of them (RFC 6761). */
export const loopbackLookup: LookupFunction = (_host, options, callback) => {
  if (options.all === true) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
};
