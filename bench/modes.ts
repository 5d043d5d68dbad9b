import { runEmulatorBench } from './emulator-bench.ts';
import { emulatorReportOf } from './emulator-report.ts';
import { imageReportOf } from './image-report.ts';
import { runImageBench } from './image-run.ts';
import { type Mode, mode } from './mode.ts';
import { backlogDefects, backlogReportOf, runBacklog } from './modes/backlog.ts';
import { brokenProviderDefects, brokenProviderReportOf, runBrokenProvider } from './modes/broken-provider.ts';
import { deletionDefects, deletionReportOf, runDeletion } from './modes/delete.ts';
import { driftDefects, driftReportOf, runDrift } from './modes/drift.ts';
import { failOverDefects, failOverReportOf, runFailOver } from './modes/fail-over.ts';
import { idleDefects, idleReportOf, runIdle } from './modes/idle.ts';
import { restartDefects, restartReportOf, runRestart } from './modes/restart.ts';
import { atOnceDefects, atOnceReportOf, runStacksAtOnce } from './modes/stacks-at-once.ts';
import { runStorm, stormReportOf } from './modes/storm.ts';
import { runThrottled, throttledDefects, throttledReportOf } from './modes/throttled.ts';
import type { OptionName } from './options.ts';
import { overheadReportOf } from './overhead-report.ts';
import { runOverhead } from './overhead-run.ts';
import { reportOf } from './report.ts';
import { unfinished } from './result.ts';
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
  defectsOf: unfinished,
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
    defectsOf: unfinished,
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
    defectsOf: deletionDefects,
  }),
  mode({
    name: 'restart',
    help: 'an operator starts where all exists: to its first call, to a new Bucket, and what passes without changes cost',
    takes: [...SERVICE, 'providers', 'buckets', 'settings', 'autoManage'],
    quick: { buckets: 50 },
    mayBeEmpty: true,
    run: runRestart,
    reportOf: restartReportOf,
    defectsOf: restartDefects,
  }),
  mode({
    name: 'idle',
    help: 'two replicas while nothing changes: calls and CPU an hour',
    takes: [...SERVICE, 'providers', 'buckets', 'settings', 'autoManage', 'seconds'],
    defaults: { seconds: 600 },
    quick: { buckets: 50, seconds: 20 },
    mayBeEmpty: true,
    run: runIdle,
    reportOf: idleReportOf,
    defectsOf: idleDefects,
  }),
  mode({
    name: 'fail-over',
    help: 'the leader of two replicas ends while stacks are made, by SIGTERM and by SIGKILL: until the other one calls',
    takes: [...SERVICE, 'providers', 'buckets', 'settings'],
    defaults: { buckets: 100 },
    quick: { buckets: 30 },
    run: runFailOver,
    reportOf: failOverReportOf,
    defectsOf: failOverDefects,
  }),
  mode({
    name: 'broken-provider',
    help: 'nine Providers beside one that answers 503 to everything',
    takes: [...SERVICE, 'providers', 'buckets', 'settings'],
    defaults: { providers: 10, buckets: 1_000, rate: 20 },
    quick: { buckets: 100 },
    problemOf: ({ providers, buckets }) =>
      providers < 2 || buckets < 2 ? '--broken-provider needs at least two --providers and --buckets' : undefined,
    run: runBrokenProvider,
    reportOf: brokenProviderReportOf,
    defectsOf: brokenProviderDefects,
  }),
  mode({
    name: 'throttled',
    help: 'a share of all calls is answered 503: how many more it takes',
    takes: [...SERVICE, 'providers', 'buckets', 'settings', 'share'],
    defaults: { buckets: 200 },
    quick: { buckets: 50 },
    run: runThrottled,
    reportOf: throttledReportOf,
    defectsOf: throttledDefects,
  }),
  mode({
    name: 'backlog',
    help: 'new Buckets and edits of others while many wait to be made: until they are called for',
    takes: [...SERVICE, 'providers', 'settings', 'objects', 'samples'],
    // All of one account, which is given more buckets than others: they are in front of one another at its limit.
    defaults: { providers: 1, objects: 10_000, samples: 100 },
    quick: { objects: 1_000, samples: 10 },
    run: runBacklog,
    reportOf: backlogReportOf,
    defectsOf: backlogDefects,
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
    help: 'what metrics, logs and traces cost, CPU with everything on and all off in turn: about 6 minutes',
    takes: [...SERVICE, 'providers', 'buckets', 'settings', 'rounds'],
    // What one operator makes and deletes as fast as it can. A process of a few seconds would mostly compile its code.
    defaults: { controlPlane: 'dev', buckets: 1_000, rate: 1_000, inFlight: 64, rounds: 4 },
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
