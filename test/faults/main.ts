import { createHash } from 'node:crypto';
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { startTestCluster, type TestCluster } from '../support/cluster.ts';
import { prepareProcesses } from '../support/crash-process.ts';
import { inProcess } from '../support/crash-victim.ts';
import { sample, seeded } from '../support/seeded.ts';
import { coverage, Harness, type Outcome, uncovered } from './harness.ts';
import { type Learned, plansOf } from './learn.ts';
import { type FaultOptions, parseFaultOptions } from './options.ts';
import { PATHS } from './paths.ts';
import { type Plan, planFile, planText, readPlan } from './plan.ts';
import { startRealPlane } from './plane.ts';
import { minutes, reportPage, timelineText } from './report.ts';

/**
 * `npm run test:faults`: makes each call of each path go wrong, in every way, and looks at what becomes of it. See `--help`,
 * and docs/reliability.md for what must hold.
 */
const ROOT = join(import.meta.dirname, '../..');
const PLANS = join(import.meta.dirname, 'plans');
const WIDTH = 6;
const TELL_MS = 15_000;
/** What goes wrong once and not in two more runs is told; only when more of the plans do so does the run fail for it. */
const MOST_BY_CHANCE = 0.03;
const command = ['npm run test:faults', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' ');
const startedMs = performance.now();
const say = (line: string): void =>
  console.log(`${minutes((performance.now() - startedMs) / 1_000).padStart(11)}  ${line}`);

const options = parseFaultOptions(process.argv.slice(2));
process.on('unhandledRejection', (error) => {
  console.error('a promise was rejected, and nobody took it:', error);
  process.exitCode = 1;
});
if (options.isList) for (const title of PATHS.keys()) console.log(title);
else {
  await runAll(options).catch((error: unknown) => {
    console.error(`npm run test:faults: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}

async function runAll(given: FaultOptions): Promise<void> {
  const kept = given.plans.length > 0 ? given.plans : globSync(join(PLANS, '*.json')).toSorted();
  const regressions = kept.map(readPlan); // before anything is started
  const plane = given.controlPlane === 'real' ? await startRealPlane(say) : undefined;
  const cluster = await startTestCluster();
  const processes = given.isProcess ? await prepareProcesses() : undefined;
  say(`control plane: ${cluster.isReal ? 'real' : 'development'}; seed ${given.seed}`);
  try {
    await runOn(cluster, processes?.victimIn ?? inProcess, regressions, given);
  } finally {
    await cluster.stop();
    processes?.remove();
    await plane?.stop();
  }
}

async function runOn(
  cluster: TestCluster,
  victimIn: typeof inProcess,
  regressions: readonly Plan[],
  given: FaultOptions,
): Promise<void> {
  const harness = new Harness({ cluster, victimIn });
  const learnt = given.plans.length > 0 ? [] : await learnAll(harness, given);
  const random = seeded(given.seed);
  const all = learnt.flatMap((each) => plansOf(each, given.families));
  const chosen = given.share < 1 ? sample(all, Math.ceil(all.length * given.share), random) : all;
  const plans = [...regressions, ...chosen];
  say(`${plans.length} plans${given.share < 1 ? ` of ${all.length}` : ''}, ${regressions.length} of them kept ones`);
  const outcomes = await runPlans(harness, plans, given);
  conclude(learnt, outcomes, plans, given);
}

async function learnAll(harness: Harness, { paths }: FaultOptions): Promise<readonly Learned[]> {
  const titles = [...PATHS.keys()].filter((title) => paths.length === 0 || paths.some((part) => title.includes(part)));
  if (titles.length === 0)
    throw new Error(`no path has ${paths.join(' or ')} in its title; --list tells which there are`);
  const learnt = new Map<string, Learned>();
  await inTurns(titles, async (title) => {
    learnt.set(title, await harness.learn(title));
  });
  const calls = [...learnt.values()].reduce((sum, { boundaries }) => sum + boundaries.length, 0);
  const chance = [...learnt.values()].reduce((sum, { byChance }) => sum + byChance.length, 0);
  say(`${titles.length} paths learnt: ${calls} calls that are always made, ${chance} that some runs make`);
  return titles.flatMap((title) => learnt.get(title) ?? []);
}

async function runPlans(harness: Harness, plans: readonly Plan[], given: FaultOptions): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const beganMs = performance.now();
  const deadlineMs = startedMs + given.minutes * 60_000;
  let toldMs = beganMs;
  await inTurns(plans, async (plan) => {
    if (performance.now() > deadlineMs) return;
    const outcome = await harness.run(plan);
    outcomes.push(outcome);
    if (outcome.type === 'Broken') tellBroken(outcome);
    const nowMs = performance.now();
    if (nowMs - toldMs < TELL_MS) return;
    toldMs = nowMs;
    const left = ((nowMs - beganMs) / outcomes.length / 1_000) * (plans.length - outcomes.length);
    say(`${outcomes.length} of ${plans.length} plans; about ${minutes(left)} left`);
  });
  return outcomes;
}

function tellBroken({ plan, finding }: Outcome): void {
  if (finding === undefined) return;
  const folder = join(ROOT, 'node_modules/.cache/faults');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${createHash('sha256').update(planText(plan)).digest('hex').slice(0, 12)}.json`);
  writeFileSync(file, planFile(plan));
  console.log(`\nBROKEN: ${planText(plan)}\n${finding.what}\n${timelineText(finding)}`);
  console.log(
    `again in ${finding.again} of 2 more runs; to repeat it: npm run test:faults -- --plan ${relative(ROOT, file)}\n`,
  );
}

function conclude(
  learnt: readonly Learned[],
  outcomes: readonly Outcome[],
  plans: readonly Plan[],
  given: FaultOptions,
): void {
  const covered = coverage(learnt, outcomes);
  const verdicts = given.families.includes('crash') && learnt.length > 0 ? ['cutBefore', 'cutAfter'] : [];
  const isWhole = given.share === 1 && outcomes.length === plans.length;
  const missing = isWhole ? uncovered(covered, verdicts) : [];
  const seconds = (performance.now() - startedMs) / 1_000;
  mkdirSync(dirname(given.report), { recursive: true });
  writeFileSync(
    given.report,
    reportPage({ command, seed: given.seed, covered, outcomes, verdicts, uncovered: missing, seconds }),
  );
  const broken = outcomes.filter(({ type }) => type === 'Broken');
  const missed = outcomes.filter(({ type }) => type === 'Missed').length;
  const once = broken.filter(({ finding }) => finding?.again === 0).length;
  say(
    `${outcomes.length} of ${plans.length} plans run: ${broken.length} broken (${once} of them not again), ${missed} did not come about`,
  );
  for (const { plan } of broken) console.log(`  broken: ${planText(plan)}`);
  for (const line of missing) console.log(`  never came about: ${line}`);
  if (isWhole && verdicts.length > 0) {
    const points = covered.length * verdicts.length;
    say(`coverage: ${points - missing.length} of ${points} faults at ${covered.length} learnt calls`);
  }
  say(`report: ${relative(process.cwd(), given.report)}`);
  const isChance = once === broken.length && once <= MOST_BY_CHANCE * outcomes.length;
  if (!isChance || missing.length > 0 || (given.plans.length > 0 && missed > 0)) process.exitCode = 1;
}

/** A few at a time. */
async function inTurns<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: WIDTH }, worker));
}
