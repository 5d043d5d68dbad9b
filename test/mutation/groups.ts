/** What is changed together, by which suites it is tried, and what it has to reach. */
export interface Group {
  readonly name: string;
  /** What it decides, for whoever chooses one. */
  readonly about: string;
  /** Paths from the root of the repository. */
  readonly files: readonly string[];
  /** Each takes less than a second. The first that fails ends the trial of a change. */
  readonly suites: readonly string[];
  /** Per cent of the changes that a suite tells, or that `survivors.ts` explains. */
  readonly leastScore: number;
  /** Texts are changed, too; not where most of them are for people. */
  readonly changesTexts: boolean;
}

/** Sources of one folder by their names without `.ts`. */
function sources(folder: string, names: string): readonly string[] {
  return names.split(' ').map((name) => `${folder}/${name}.ts`);
}

/** Suites of one folder by their names without `.test.ts`. */
function suites(folder: string, names: string): readonly string[] {
  return names.split(' ').map((name) => `${folder}/${name}.test.ts`);
}

const KEY = 'src/kinds/access-key';
const MANAGED = 'src/managed';

/** The decisions of the operator, most important first. */
export const GROUPS: readonly Group[] = [
  {
    name: 'key',
    about: 'what is done about an access key: recovery, rotation, freeze, and who accounts for which key',
    files: sources(KEY, 'recovery accounting freeze rotation rotation-plan rotation-retiring rotation-wanted'),
    suites: suites(
      KEY,
      'recovery recovery-edges rotation rotation-edges rotation-wakes rotation-wanted freeze accounting',
    ),
    leastScore: 100,
    changesTexts: true,
  },
  {
    name: 'key-told',
    about: 'what status, events and errors say of it, what status records, and when a window opens',
    files: sources(KEY, 'book changes desired status rotation-events rotation-problem rotation-window'),
    suites: suites(KEY, 'book changes desired status rotation-events rotation-problem rotation-window'),
    leastScore: 90,
    changesTexts: false,
  },
  {
    name: 'ownership',
    about: 'whose an external resource is, and what becomes of it when its object is deleted',
    files: sources(MANAGED, 'ownership fate'),
    suites: suites(MANAGED, 'ownership fate'),
    leastScore: 100,
    changesTexts: true,
  },
  {
    name: 'passes',
    about: 'the loop of all kinds: a pass, a deletion, the writes to an object',
    files: sources(MANAGED, 'finalize pass reconciler writes abandon'),
    suites: suites(MANAGED, 'pass pass-claims finalize finalize-waits reconciler writes-guards'),
    leastScore: 90,
    changesTexts: false,
  },
  {
    name: 'verdicts',
    about: 'what follows from a pass: outcome, status, conditions, events, lines of the log',
    files: sources(MANAGED, 'conditions outcome report reporter status unsupported-condition'),
    suites: suites(MANAGED, 'conditions outcome report status unsupported-condition reporter reporter-counts'),
    leastScore: 90,
    changesTexts: false,
  },
  {
    name: 'lookups',
    about: 'references, markers, rivals, requests, and what a pass may rest on',
    files: sources(
      MANAGED,
      'definitions initial-priority lookup marker news-wakes recent-readings references requested rivals',
    ),
    suites: suites(
      MANAGED,
      'initial-priority marker-name news-wakes recent-readings references requested rivals ownership lookup definitions',
    ),
    leastScore: 90,
    changesTexts: false,
  },
  {
    name: 'limiter',
    about: 'how fast the service is called, and whose call is next',
    files: sources('src/wasabi', 'limiter limiters fair-queue'),
    suites: suites('src/wasabi', 'fair-queue limiter-edges limiters limiter'),
    leastScore: 90,
    changesTexts: false,
  },
  {
    name: 'leader',
    about: 'who leads',
    files: sources('src/runtime', 'lease lease-client lease-watch leader-election'),
    suites: suites('src/runtime', 'lease leader-election leader-safety'),
    leastScore: 90,
    changesTexts: false,
  },
];
