import { bucketCalls, type PeerCall } from './bucket-calls.ts';
import { identityCalls } from './identity-calls.ts';
import { objectCalls } from './object-calls.ts';

/** Every call that both servers are asked. */
export const PEER_CALLS: readonly PeerCall[] = [...bucketCalls, ...objectCalls, ...identityCalls];
