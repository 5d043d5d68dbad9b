import { readFileSync } from 'node:fs';
import { Command, CommanderError, type Help } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import type { ConfigRow } from './config-rows.ts';
import { configProblems, configTable, type RawConfig } from './config-table.ts';

/** Everything that can be set, parsed and checked. Times in milliseconds, rates in calls a second. */
export interface Config extends RawConfig {
  /** The namespace that the operator runs in; undefined outside a cluster. */
  readonly ownNamespace: string | undefined;
  /** Namespaces to watch; undefined: all. */
  readonly namespaces: readonly string[] | undefined;
  /** Accepted settings of the predecessor that have no effect here, by name: logged once. */
  readonly ignored: readonly string[];
  /** What is wrong with variables that were left out: logged once. */
  readonly warnings: readonly string[];
}

/** What `parseConfig` gives: settings, a text to print and stop, or everything that is wrong at once. */
export type ParsedConfig =
  | { readonly type: 'Config'; readonly config: Config }
  | { readonly type: 'Print'; readonly text: string }
  | { readonly type: 'Problems'; readonly problems: readonly string[] };

/** Published by the predecessor. Our stores are watched, never expired, so there is nothing to set. */
const IGNORED_VARIABLES = ['K8S_CACHE_TTL_SECONDS'];
const NAMESPACE_FILE = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** Of the help where no terminal says how wide it is. */
const HELP_COLUMNS = 100;
const HELP_INDENT = 6;

/** The version in package.json, which is the version of the image. An import, so that the bundle has it inside. */
export const VERSION: string = manifest.version;

/**
 * Reads arguments and environment; a flag wins over its variable. Variables that are not ours are left alone
 * (Kubernetes puts some there). Nothing else in the operator reads either.
 */
export function parseConfig(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): ParsedConfig {
  const { program, operands, unknown, problems } = parsedArguments(argv);
  if (unknown.some((text) => text === '--help' || text === '-h'))
    return { type: 'Print', text: program.helpInformation() };
  problems.push(...[...operands, ...unknown].map(strayProblem));
  const flags = program.opts<Record<string, string | true | undefined>>();
  if (flags['version'] === true) return { type: 'Print', text: `${VERSION}\n` };
  const values: { -readonly [N in keyof RawConfig]?: unknown } = {};
  const warnings: string[] = [];
  for (const row of configTable) {
    const given = givenValue(row, flags, env);
    const parsed = given === undefined ? row.fallback : parsedValue(row, given.text);
    const isLeftOut = parsed instanceof Error && row.isLenient === true && given?.source === row.variable;
    values[row.name] = isLeftOut ? row.fallback : parsed;
    if (parsed instanceof Error)
      (isLeftOut ? warnings : problems).push(`${given?.source ?? row.flag}: ${parsed.message}`);
  }
  const ownNamespace = env['POD_NAMESPACE'] ?? readNamespace();
  problems.push(...configProblems(values, ownNamespace));
  if (problems.length > 0) return { type: 'Problems', problems };
  // Every row of the table has put its value, of its own type, under its own name.
  const raw = values as unknown as RawConfig;
  const ignored = IGNORED_VARIABLES.filter((name) => env[name] !== undefined);
  return {
    type: 'Config',
    config: { ...raw, ownNamespace, namespaces: namespacesOf(raw, ownNamespace), ignored, warnings },
  };
}

/** The reference page of all settings: `docs/reference/configuration.md`. */
export function configurationMarkdown(): string {
  const rows = configTable.map(
    (row) => `| \`--${row.flag}\` | \`${row.variable ?? ''}\` | ${row.shown} | ${row.values} | ${row.help} |`,
  );
  return [
    '# Settings of the operator',
    '',
    'Generated from the table in `src/config-table.ts`; do not edit.',
    '',
    'Each setting is a flag or an environment variable; the flag wins. A bad value or an unknown flag stops the operator at',
    'start, with everything that is wrong at once. Variables that are not listed are left alone.',
    '',
    '| Flag | Variable | Default | Values | Meaning |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map((row) => row.replace('| `` |', '| |')),
    '',
    `Accepted without effect, for those who come from the predecessor: ${IGNORED_VARIABLES.map((name) => `\`${name}\``).join(', ')}.`,
    '',
  ].join('\n');
}

interface ParsedArguments {
  /** Knows the values of the flags. */
  readonly program: Command;
  readonly operands: readonly string[];
  readonly unknown: readonly string[];
  readonly problems: string[];
}

function parsedArguments(argv: readonly string[]): ParsedArguments {
  const program = commandOf();
  try {
    return { program, ...program.parseOptions([...argv]), problems: [] };
  } catch (thrown) {
    // The one thing that commander refuses by itself: the last flag needs a value. Without it the others can be read.
    const rest = parsedArguments(argv.slice(0, -1));
    return { ...rest, problems: [...rest.problems, commanderText(thrown)] };
  }
}

/** What is wrong with a text that is no flag of ours; its value, if it has one, is nobody's business. */
function strayProblem(text: string): string {
  const [flag = text] = text.split('=', 1);
  if (!text.startsWith('-')) return `${text}: stands alone; the operator takes flags only, such as --log-level=debug`;
  try {
    commandOf()
      .action(() => undefined)
      .parse([flag], { from: 'user' });
  } catch (thrown) {
    const [, meant] = /\(Did you mean (.*)\?\)/.exec(commanderText(thrown)) ?? [];
    if (meant !== undefined) return `${flag}: no such flag; did you mean ${meant}?`;
  }
  return `${flag}: no such flag; --help lists them all`;
}

/** @throws what is none of commander's */
function commanderText(thrown: unknown): string {
  if (!(thrown instanceof CommanderError)) throw thrown;
  return thrown.message.replace(/^error: /, '');
}

function commandOf(): Command {
  const program = new Command('wasabi-s3-operator')
    .description('Manages Wasabi object storage as Kubernetes objects.')
    .helpOption('-h, --help', 'this text')
    .option('--version', 'the version')
    .exitOverride()
    .configureHelp({ formatItem })
    .configureOutput({
      writeErr: () => undefined,
      getOutHelpWidth: () => (process.stdout.isTTY ? process.stdout.columns : HELP_COLUMNS),
    });
  for (const row of configTable) {
    const variable = row.variable === undefined ? '' : `, or ${row.variable}`;
    const text = `${row.help} (${row.values}; default ${row.shown}${variable})`;
    program.option(row.isSwitch ? `--${row.flag} [${row.placeholder}]` : `--${row.flag} <${row.placeholder}>`, text);
  }
  return program;
}

/** Below the flag, since the longest of them would leave its text no room beside it. */
function formatItem(term: string, _termWidth: number, description: string, help: Help): string {
  const lines = help.boxWrap(description, (help.helpWidth ?? HELP_COLUMNS) - HELP_INDENT).split('\n');
  return [`  ${term}`, ...lines.map((line) => `${' '.repeat(HELP_INDENT)}${line}`)].join('\n');
}

/** An empty text is no value: a list that came out empty by mistake must not mean everything, or nothing. */
function parsedValue(row: ConfigRow, text: string): unknown {
  return text.trim() === '' ? new Error(`is empty; leave it out for the default: ${row.shown}`) : row.parse(text);
}

function givenValue(
  row: ConfigRow,
  flags: Readonly<Record<string, string | true | undefined>>,
  env: Readonly<Record<string, string | undefined>>,
): { readonly text: string; readonly source: string } | undefined {
  const camel = row.flag.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  const flag = flags[camel];
  if (flag !== undefined) return { text: flag === true ? 'true' : flag, source: `--${row.flag}` };
  const variable = row.variable === undefined ? undefined : env[row.variable];
  if (variable === undefined || variable.trim() === '' || row.variable === undefined) return undefined;
  // A Service named `metrics` makes Kubernetes put METRICS_PORT=tcp://… into every pod beside it: not ours.
  if (/^(tcp|udp|sctp):\/\//.test(variable)) return undefined;
  return { text: variable, source: row.variable };
}

function namespacesOf(raw: RawConfig, ownNamespace: string | undefined): readonly string[] | undefined {
  if (raw.watchNamespaces.length > 0) return raw.watchNamespaces;
  if (raw.watchScope === 'cluster' || ownNamespace === undefined) return undefined;
  return [ownNamespace];
}

function readNamespace(): string | undefined {
  try {
    return readFileSync(NAMESPACE_FILE, 'utf8').trim();
  } catch {
    return undefined; // outside a cluster there is no such file
  }
}
