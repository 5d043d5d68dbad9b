import { bucketDefinition } from './bucket.ts';
import type { KindDefinition } from './kind-definition.ts';
import { providerDefinition } from './provider.ts';

/** Every kind of this operator, in the order in which people meet them. */
export const KINDS: readonly KindDefinition[] = [providerDefinition, bucketDefinition];
