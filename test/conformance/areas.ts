import { celCases } from './cel.ts';
import { defaultingCases } from './defaulting.ts';
import { deleteCases } from './deletes.ts';
import { discoveryCases } from './discovery.ts';
import { dryRunCases } from './dry-run.ts';
import { errorCases } from './errors.ts';
import { nameCases } from './names.ts';
import { patchCases } from './patches.ts';
import { statusCases } from './status.ts';
import { validationCases } from './validation.ts';
import type { ConformanceCase } from './world.ts';
import { writeCases } from './writes.ts';

/** Every case, by area. */
export const areas: readonly (readonly ConformanceCase[])[] = [
  celCases,
  defaultingCases,
  discoveryCases,
  errorCases,
  validationCases,
  writeCases,
  statusCases,
  patchCases,
  deleteCases,
  nameCases,
  dryRunCases,
];
