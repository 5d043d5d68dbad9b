import { join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Family } from './learn.ts';

const FAMILIES = ['crash', 'lost', 'twice'] as const satisfies readonly Family[];

/** What a run is asked to do. */
export interface FaultOptions {
  readonly families: readonly Family[];
  /** Files; none: all that are learnt, and those that are kept. */
  readonly plans: readonly string[];
  /** Parts of titles; none: all. */
  readonly paths: readonly string[];
  /** Of the plans; 0 to 1. */
  readonly share: number;
  readonly seed: number;
  /** No plan is begun later. */
  readonly minutes: number;
  readonly controlPlane: 'real' | 'dev';
  /** The operator is a process of its own, and dies by SIGKILL. */
  readonly isProcess: boolean;
  /** Where the page is written. */
  readonly report: string;
  readonly isList: boolean;
}

const ABOUT = `
Each path is run undisturbed three times: that tells its calls. Then every call goes wrong, one run each:
  crash   the operator dies before the call takes effect, and after it, before the answer; and once when all is over
  lost    the call, or its answer, is lost, and the operator lives on (paths of access keys)
  twice   it dies after a write, and its successor after each write that follows (what cannot be made good again)
The end must be that of the undisturbed run, made and taken away as often, and no invariant may be broken at any call
(docs/reliability.md). What goes wrong is printed with what happened before it, kept as a plan, and run twice more.
A learnt call at which no crash came about fails the run.

Examples:
  npm run test:faults                                 all crashes
  npm run test:faults -- --all                        all families
  npm run test:faults -- --path rotate --all          what has "rotate" in its title
  npm run test:faults -- --share 0.1                  a tenth, by a seed that is printed, and every plan that is kept
  npm run test:faults -- --plan test/faults/plans/a.json`;

/** Reads the arguments; prints help or what is wrong with them, and ends the process then. */
export function parseFaultOptions(argv: readonly string[]): FaultOptions {
  const command = new Command('npm run test:faults --')
    .description('Makes each call of each path go wrong, and looks at what becomes of it.')
    .addOption(new Option('--family <names...>', 'which faults').choices(FAMILIES).default(['crash']))
    .option('--all', 'all families')
    .option('--plan <files...>', 'these plans alone')
    .option('--path <parts...>', 'paths with one of these in their titles')
    .option('--share <share>', 'of the plans, chosen by the seed; above 0, at most 1', between(0, 1), 1)
    .option('--seed <number>', 'decides what a share takes', between(0, 2 ** 31), Math.floor(Math.random() * 2 ** 31))
    .option('--minutes <minutes>', 'no plan is begun later', between(0, 10_000), 10_000)
    .addOption(
      new Option('--control-plane <which>', 'a real one, or the development one')
        .choices(['real', 'dev'])
        .default('real'),
    )
    .option('--process', 'the operator is a process of its own, which dies by SIGKILL')
    .option('--report <file>', 'where the page is written', join('node_modules', '.cache', 'faults', 'report.html'))
    .option('--list', 'the titles of all paths, and no more')
    .addHelpText('after', ABOUT)
    .parse([...argv], { from: 'user' });
  const raw = command.opts<RawOptions>();
  return {
    families: raw.all === true ? FAMILIES : raw.family,
    plans: raw.plan ?? [],
    paths: raw.path ?? [],
    share: raw.share,
    seed: raw.seed,
    minutes: raw.minutes,
    controlPlane: raw.controlPlane,
    isProcess: raw.process === true,
    report: raw.report,
    isList: raw.list === true,
  };
}

interface RawOptions {
  readonly family: readonly Family[];
  readonly all?: true;
  readonly plan?: readonly string[];
  readonly path?: readonly string[];
  readonly share: number;
  readonly seed: number;
  readonly minutes: number;
  readonly controlPlane: 'real' | 'dev';
  readonly process?: true;
  readonly report: string;
  readonly list?: true;
}

function between(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value > least && value <= most) return value;
    throw new InvalidArgumentError(`it must be a number above ${least}, and at most ${most}.`);
  };
}
