import { runEmulatorBench } from './emulator-bench.ts';
import { emulatorReportOf } from './emulator-report.ts';
import { imageReportOf } from './image-report.ts';
import { runImageBench } from './image-run.ts';
import { type Mode, mode } from './mode.ts';
import { deletionReportOf, runDeletion } from './modes/delete.ts';
import { driftDefects, driftReportOf, runDrift } from './modes/drift.ts';
import { atOnceDefects, atOnceReportOf, runStacksAtOnce } from './modes/stacks-at-once.ts';
import { runStorm, stormReportOf } from './modes/storm.ts';
import type { OptionName } from './options.ts';
import { overheadReportOf } from './overhead-report.ts';
import { runOverhead } from './overhead-run.ts';
import { reportOf } from './report.ts';
import { rotationReportOf } from './rotation-report.ts';
import { defectsOf } from './rotation-result.ts';
import { runRotations } from './rotation-run.ts';
import { runBench } from './run.ts';
import { scrapeReportOf } from './scrape-report.ts';
import { runScrapes } from './scrape-run.ts';
import { stackReportOf } from './stack-report.ts';

/** What means something wherever an operator is run. */
const OPERATOR: readonly OptionName[] = ['controlPlane', 'operator', 'quick', 'limitMinutes'];
/** What means something wherever it calls the service. */
const SERVICE: readonly OptionName[] = [...OPERATOR, 'latencyMs', 'rate', 'inFlight', 'region'];

/** What is measured without a flag. */
export const DEFAULT_MODE = mode({
  name: 'buckets',
  help: 'Buckets, until all are Ready',
  takes: [...SERVICE, 'providers', 'buckets', 'settings', 'idleSeconds', 'write'],
  quick: { buckets: 200, idleSeconds: 20 },
  run: runBench,
  reportOf,
});

/** All that can be measured. To add one: a file that runs and reports it, and a row here. */
export const MODES: readonly Mode[] = [
  DEFAULT_MODE,
  mode({
    name: 'stacks',
    help: 'Buckets with a user and a key each, one after another: from apply to a working key',
    takes: [...SERVICE, 'providers', 'buckets', 'settings', 'idleSeconds'],
    defaults: { buckets: 50 }, // so many come one after another in less than a minute
    quick: { idleSeconds: 20 },
    run: runBench,
    reportOf: stackReportOf,
  }),
  mode({
    name: 'stacks-at-once',
    help: 'the same, applied all at once, until every key works',
    takes: [...SERVICE, 'providers', 'buckets', 'settings'],
    quick: { buckets: 50 },
    run: runStacksAtOnce,
    reportOf: atOnceReportOf,
    defectsOf: atOnceDefects,
  }),
  mode({
    name: 'storm',
    help: 'ten edits a second of Buckets that exist: from the edit to the write it asks for',
    takes: [...SERVICE, 'providers', 'buckets', 'settings', 'seconds'],
    defaults: { buckets: 200 },
    quick: { buckets: 50, seconds: 10 },
    run: runStorm,
    reportOf: stormReportOf,
  }),
  mode({
    name: 'drift',
    help: 'one bucket of a hundred is changed outside and one deleted: until all are repaired',
    takes: [...SERVICE, 'providers', 'buckets', 'settings', 'autoManage', 'driftSeconds'],
    defaults: { settings: 2 }, // with the tags three reads a check
    quick: { buckets: 100, driftSeconds: 30 },
    problemOf: ({ settings }) =>
      settings === 0 ? '--drift with --settings 0: what is changed outside is the first setting' : undefined,
    run: runDrift,
    reportOf: driftReportOf,
    defectsOf: driftDefects,
  }),
  mode({
    name: 'delete',
    help: 'all Buckets are deleted, with their buckets and what is in them',
    takes: [...SERVICE, 'providers', 'buckets', 'settings', 'bucketObjects'],
    quick: { buckets: 100 },
    run: runDeletion,
    reportOf: deletionReportOf,
  }),
  mode({
    name: 'rotations',
    help: 'keys that fall due at the same time, until all are replaced: about 4 minutes',
    takes: [...SERVICE, 'keys'],
    // The rate at which 1,000 keys take two minutes: that of a Provider that says nothing takes five.
    defaults: { controlPlane: 'dev', rate: 50 },
    quick: { keys: 100 },
    run: runRotations,
    reportOf: rotationReportOf,
    defectsOf,
  }),
  mode({
    name: 'overhead',
    help: 'what metrics, logs and traces cost, CPU with everything on and all off in turn: about 5 minutes',
    takes: [...SERVICE, 'providers', 'buckets', 'settings', 'rounds'],
    // What one operator makes and deletes as fast as it can: three minutes in all.
    defaults: { controlPlane: 'dev', buckets: 300, rate: 1_000, inFlight: 64 },
    quick: { rounds: 1, buckets: 200 },
    run: runOverhead,
    reportOf: overheadReportOf,
  }),
  mode({
    name: 'scrapes',
    help: 'how long a scrape of the metrics takes with many objects, all of them suspended: about 2 minutes',
    takes: [...OPERATOR, 'objects'],
    defaults: { controlPlane: 'dev' },
    quick: { objects: 500 },
    run: runScrapes,
    reportOf: scrapeReportOf,
  }),
  mode({
    name: 'emulator',
    help: 'not the operator, but the emulator alone: requests a second, memory, start: about 20 seconds',
    takes: ['quick'],
    run: ({ quick }, cores, say) => {
      const amount = quick ? { buckets: 500, seconds: 2, starts: 1 } : { buckets: 10_000, seconds: 10, starts: 5 };
      return runEmulatorBench({ ...amount, warmUpSeconds: 2 }, cores, say);
    },
    reportOf: emulatorReportOf,
  }),
  mode({
    name: 'image',
    help: 'the image alone, without a container engine: sizes, start, memory: about 20 seconds',
    takes: ['quick'],
    run: ({ quick }, _cores, say) => runImageBench({ starts: quick ? 1 : 9 }, say),
    reportOf: imageReportOf,
  }),
];
