import { celCases } from './cel.ts';
import { defaultingCases } from './defaulting.ts';
import { deleteCases } from './deletes.ts';
import { discoveryCases } from './discovery.ts';
import { dryRunCases } from './dry-run.ts';
import { errorCases } from './errors.ts';
import { listCases } from './lists.ts';
import { metadataOnlyCases } from './metadata-only.ts';
import { nameCases } from './names.ts';
import { patchCases } from './patches.ts';
import { selectorCases } from './selectors.ts';
import { statusCases } from './status.ts';
import { validationCases } from './validation.ts';
import { watchEndCases } from './watch-ends.ts';
import { watchCases } from './watches.ts';
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
  listCases,
  selectorCases,
  metadataOnlyCases,
  watchCases,
  watchEndCases,
];
