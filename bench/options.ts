import { Command, Option } from 'commander';
import type { Mode } from './mode.ts';
import { DEFAULT_MODE, MODES } from './modes.ts';
import { OPTIONS, type Values } from './option-table.ts';

/** What is measured, and where. Times in the unit of the name, rates in calls a second. */
export interface BenchOptions extends Omit<Values, 'operator'> {
  /** The name of what is measured; see modes.ts. */
  readonly mode: string;
  /** The words of the operator's command; none: the one of this tree. */
  readonly operator: readonly string[];
}

/** An option that is no mode. */
export type OptionName = keyof Values;

/** Wasabi gives an account this many buckets. */
const MAX_BUCKETS_OF_ACCOUNT = 1_000;

const EXPLANATION = `
Starts a control plane and a Wasabi emulator on this machine, runs the operator against them as a process, does what the
mode says, and prints what it found: without a mode, it applies Buckets, and prints the time until all are Ready beside
the time that no operator could be faster than, the calls an object costs on both sides, CPU and memory, and what is
written while nothing changes. It asserts nothing on time.

The operator has the first core for itself (taskset), everything else shares the others. Its memory is that of its
process, so --operator must start it without a wrapper; it is split at blanks, and {kubeconfig} stands for the file.
What an operator is told beside its command is in its environment: KUBECONFIG, ALLOWED_ENDPOINTS, METRICS_PORT,
LEADER_ELECTION_NAMESPACE.

Examples:
  npm run bench                                     1,000 bare Buckets, 5 idle minutes: about 7 minutes
  npm run bench -- --quick                          200 Buckets on the development control plane: about 1 minute
  npm run bench -- --settings 3 --write             with three settings each; the result goes into docs/performance.md
  npm run bench -- --rate 1000 --in-flight 256      no limit of the account: which wall comes next?
  npm run bench -- --table                          all rows of the table of targets; --list says which are there
  npm run bench -- --operator 'node /other/src/main.ts --leader-elect true'
`;

/** Reads the arguments; prints the help, or what is wrong, and ends the process then. */
export function parseOptions(argv: readonly string[], command = commandOf()): BenchOptions {
  command.parse([...argv], { from: 'user' });
  const raw = command.opts<Values & Readonly<Record<string, unknown>>>();
  const asked = MODES.filter(({ name }) => raw[camelCase(name)] === true);
  if (asked.length > 1) command.error(`error: ${asked.map(flagOf).join(' with ')}: one thing is measured at a time`);
  const [mode = DEFAULT_MODE] = asked;
  const isGiven = (name: string) => command.getOptionValueSource(name) === 'cli';
  const options = optionsOf(mode, valuesIn(raw), isGiven);
  const problem = problemOf(mode, options, isGiven);
  if (problem !== undefined) command.error(`error: ${problem}`);
  return options;
}

/** The command line; tests replace where it writes to and how it exits. */
export function commandOf(): Command {
  const command = new Command('npm run bench --').description('Measures the operator.');
  for (const each of MODES) {
    if (each !== DEFAULT_MODE) command.option(`--${each.name}`, each.help);
  }
  for (const { flags, help, parse, fallback } of Object.values(OPTIONS)) {
    const option = new Option(flags, `${help}${takersText(flags)}`);
    command.addOption(parse === undefined ? option : option.default(fallback).argParser<unknown>(parse));
  }
  return command.addHelpText('after', EXPLANATION);
}

function valuesIn(raw: Readonly<Record<string, unknown>>): Values {
  const values = Object.entries(OPTIONS).map(([name, { fallback }]) => [name, raw[name] ?? fallback]);
  return Object.fromEntries(values) as Values; // all are there
}

function optionsOf(mode: Mode, values: Values, isGiven: (name: string) => boolean): BenchOptions {
  const { operator = '', ...rest } = values;
  const defaults = { ...mode.defaults, ...(values.quick ? { controlPlane: 'dev', ...mode.quick } : {}) };
  const others = Object.fromEntries(Object.entries(defaults).filter(([name]) => !isGiven(name)));
  return { ...rest, ...others, mode: mode.name, operator: operator.split(/\s+/).filter((word) => word !== '') };
}

function problemOf(mode: Mode, options: BenchOptions, isGiven: (name: string) => boolean): string | undefined {
  const flags = (names: readonly OptionName[]) => names.map((name) => longOf(OPTIONS[name].flags));
  const names = Object.keys(OPTIONS) as OptionName[]; // the table has no other keys
  const strange = names.filter((name) => isGiven(name) && !mode.takes.includes(name));
  if (strange.length > 0) {
    const taken = mode.takes.length === 0 ? 'none' : flags(mode.takes).join(', ');
    return `${flagOf(mode)} with ${flags(strange).join(', ')}: the options that mean something to it are ${taken}`;
  }
  if (mode.takes.includes('buckets') && options.buckets === 0 && mode.mayBeEmpty !== true) {
    return `${flagOf(mode)} with --buckets 0: there is nothing to measure`;
  }
  const needed = Math.ceil(options.buckets / MAX_BUCKETS_OF_ACCOUNT);
  if (mode.takes.includes('buckets') && needed > options.providers) {
    return `--buckets ${options.buckets} with --providers ${options.providers}: an account has at most ${MAX_BUCKETS_OF_ACCOUNT} buckets, so --providers must be at least ${needed}`;
  }
  return mode.problemOf?.(options);
}

/** Which modes an option is for, where it is not for most. */
function takersText(flags: string): string {
  const name = camelCase(longOf(flags).slice(2));
  const takers = MODES.filter((mode) => mode.takes.some((each) => each === name));
  return takers.length > MODES.length / 2 ? '' : ` (with ${takers.map(flagOf).join(', ')})`;
}

function flagOf(mode: Mode): string {
  return mode === DEFAULT_MODE ? 'no mode' : `--${mode.name}`;
}

function longOf(flags: string): string {
  return flags.split(' ')[0] ?? flags;
}

function camelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
