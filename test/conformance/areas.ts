import { applyCases } from './apply.ts';
import { builtInCases } from './built-in.ts';
import { celCases } from './cel.ts';
import { crdCases } from './crd-install.ts';
import { defaultingCases } from './defaulting.ts';
import { deleteCases } from './deletes.ts';
import { discoveryCases } from './discovery.ts';
import { dryRunCases } from './dry-run.ts';
import { errorCases } from './errors.ts';
import { eventCases } from './events.ts';
import { garbageCases } from './garbage.ts';
import { listCases } from './lists.ts';
import { metadataOnlyCases } from './metadata-only.ts';
import { nameCases } from './names.ts';
import { namespaceCases } from './namespaces.ts';
import { patchCases } from './patches.ts';
import { protobufCases } from './protobuf.ts';
import { ratchetingCases } from './ratcheting.ts';
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
  protobufCases,
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
  crdCases,
  ratchetingCases,
  namespaceCases,
  garbageCases,
  builtInCases,
  eventCases,
  applyCases,
];
