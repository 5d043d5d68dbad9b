import type { ServiceName } from './authentication.ts';
import type { Operation } from './call.ts';
import { QUERY_OPERATIONS } from './query-operations.ts';
import { S3_OPERATIONS } from './router.ts';

/** The operations of each service that the emulator can tell apart, by name. */
export const OPERATIONS: Readonly<Record<ServiceName, ReadonlyMap<string, Operation>>> = {
  s3: new Map(S3_OPERATIONS.map((operation) => [operation.name, operation])),
  ...QUERY_OPERATIONS,
};

/** Their names, in the order of the alphabet. */
export const OPERATION_NAMES: readonly string[] = [
  ...new Set(Object.values(OPERATIONS).flatMap((operations) => [...operations.keys()])),
].sort();
