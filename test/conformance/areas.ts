import { celCases } from './cel.ts';
import { defaultingCases } from './defaulting.ts';
import { discoveryCases } from './discovery.ts';
import { errorCases } from './errors.ts';
import { validationCases } from './validation.ts';
import type { ConformanceCase } from './world.ts';

/** Every case, by area. */
export const areas: readonly (readonly ConformanceCase[])[] = [
  discoveryCases,
  errorCases,
  validationCases,
  defaultingCases,
  celCases,
];
