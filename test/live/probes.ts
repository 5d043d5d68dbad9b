import { bucketProbes } from './bucket-probes.ts';
import { identityProbes } from './identity-probes.ts';
import { objectProbes } from './object-probes.ts';
import type { Probe } from './probe.ts';

/** Every question that a live account can answer. */
export const PROBES: readonly Probe[] = [...bucketProbes, ...objectProbes, ...identityProbes];
