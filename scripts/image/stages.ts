import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { contextFiles } from './context.ts';
import { argumentOf, execForm, expanded, type Instruction, parseDockerfile, type Stage } from './dockerfile.ts';

/** What the last stage adds to its base, and how it is started. */
export interface BuiltImage {
  /** The root of its files. */
  readonly folder: string;
  readonly entrypoint: readonly string[];
  /** Of the process: user and group. */
  readonly user: string;
  readonly workdir: string;
  readonly ports: readonly number[];
  readonly env: Readonly<Record<string, string>>;
  readonly labels: string;
}

/** How the stages are run. */
export interface StagesOptions {
  /** Of the project: Dockerfile, .dockerignore and context. */
  readonly root: string;
  /** An empty folder, for the files of every stage. */
  readonly folder: string;
  /** `link`: `npm ci` is taken as done, with the packages of the project; `run`: it is run, which fetches them. */
  readonly packages: 'link' | 'run';
  /** `--build-arg`. */
  readonly args?: Readonly<Record<string, string>>;
  readonly say?: (line: string) => void;
}

/** A stage that is being run. */
interface Running {
  readonly options: StagesOptions;
  /** What stages above have made, by their names. */
  readonly above: ReadonlyMap<string, Running>;
  readonly folder: string;
  /** Defaults from before the first FROM, which a stage sees only if it names the argument. */
  readonly globals: Readonly<Record<string, string>>;
  /** Of the arguments that it named. */
  readonly values: Record<string, string>;
  readonly env: Record<string, string>;
  readonly ports: number[];
  workdir: string;
  user: string;
  entrypoint: readonly string[];
  labels: string;
}

/**
 * Runs the stages of the Dockerfile in folders instead of containers: its own lines, so that this and the image cannot
 * drift apart. What a base image brings is not there: commands run with the programs of this machine, and may use
 * relative paths only.
 * @throws Error naming the line that failed, or that cannot be run without an engine
 */
export function runStages(options: StagesOptions): BuiltImage {
  const { globals, stages } = parseDockerfile(readFileSync(join(options.root, 'Dockerfile'), 'utf8'));
  const above = new Map<string, Running>();
  let last: Running | undefined;
  for (const [index, stage] of stages.entries()) {
    options.say?.(`FROM ${stage.base}`);
    last = begin({ options, globals, above }, stage, String(index));
    for (const instruction of stage.instructions) step(last, instruction);
    if (stage.name !== undefined) above.set(stage.name, last);
  }
  if (last === undefined) throw new Error('the Dockerfile has no stage');
  const { folder, entrypoint, user, workdir, ports, env, labels } = last;
  return { folder, entrypoint, user, workdir, ports, env, labels };
}

function begin(
  { options, globals, above }: Pick<Running, 'options' | 'globals'> & { readonly above: Map<string, Running> },
  { name, base }: Stage,
  other: string,
): Running {
  const before = above.get(base);
  // It goes on in the folder of the stage below, since all packages would take long to copy. Nobody else may use that then.
  above.delete(base);
  if (before !== undefined) return { ...before, values: {} };
  const folder = join(options.folder, name ?? other);
  mkdirSync(folder, { recursive: true });
  const start = { workdir: '/', user: '0', entrypoint: [], labels: '' };
  return { options, globals, above, folder, values: {}, env: {}, ports: [], ...start };
}

function step(stage: Running, instruction: Instruction): void {
  stage.options.say?.(`${instruction.name} ${instruction.text}`);
  const run = STEPS[instruction.name];
  if (run === undefined)
    throw new Error(`Dockerfile:${instruction.line}: ${instruction.name} cannot be run without a container engine`);
  run(stage, instruction);
}

const STEPS: Readonly<Record<string, (stage: Running, instruction: Instruction) => void>> = {
  ARG: ({ options, globals, values }, instruction) => {
    const [name = ''] = instruction.text.split('=', 1);
    values[name] = options.args?.[name] ?? argumentOf(instruction)[name] ?? globals[name] ?? '';
  },
  ENV: (stage, instruction) => Object.assign(stage.env, argumentOf(instruction)),
  LABEL: (stage, { text }) => {
    stage.labels += `${expanded(text, stage.values)} `;
  },
  EXPOSE: (stage, { text }) => {
    stage.ports.push(...text.split(' ').map(Number));
  },
  USER: (stage, { text }) => {
    stage.user = text;
  },
  ENTRYPOINT: (stage, instruction) => {
    stage.entrypoint = execForm(instruction) ?? [];
  },
  WORKDIR: (stage, { text }) => {
    stage.workdir = posix.resolve(stage.workdir, text);
    mkdirSync(join(stage.folder, stage.workdir), { recursive: true });
  },
  COPY: copy,
  RUN: run,
};

function copy(stage: Running, { flags, text, line }: Instruction): void {
  const words = text.split(' ');
  const target = words.pop() ?? '';
  const to = join(stage.folder, posix.resolve(stage.workdir, target));
  const { from } = flags;
  if (from === undefined) for (const source of words) copyFromContext(stage, source, to, target.endsWith('/'));
  else {
    const other = stage.above.get(from);
    if (other === undefined)
      throw new Error(`Dockerfile:${line}: there is no stage ${from} above, or another one was built on top of it`);
    for (const source of words) cpSync(join(other.folder, source), to, { recursive: true });
  }
}

/** @throws Error when nothing is there: an engine fails, too */
function copyFromContext({ options }: Running, source: string, to: string, isFolder: boolean): void {
  const files = contextFiles(options.root, source);
  if (files.length === 0) throw new Error(`COPY ${source}: there is no such file in the context; see .dockerignore`);
  const isFile = statSync(join(options.root, source)).isFile();
  for (const file of files) {
    const within = isFile ? posix.basename(file) : posix.relative(source, file);
    const path = isFile && !isFolder ? to : join(to, within);
    mkdirSync(dirname(path), { recursive: true });
    copyFileSync(join(options.root, file), path);
    chmodSync(path, 0o644); // whatever the umask of whoever checked it out
  }
}

/** @throws Error with what the command wrote */
function run(stage: Running, { text, line }: Instruction): void {
  const { options, folder, workdir, env } = stage;
  const directory = join(folder, workdir);
  if (options.packages === 'link' && text.startsWith('npm ci ')) {
    requireSameLock(options.root, directory);
    symlinkSync(join(options.root, 'node_modules'), join(directory, 'node_modules'));
    return;
  }
  const { status, stdout, stderr, error } = spawnSync('sh', ['-c', text], {
    cwd: directory,
    env: { ...outerEnvironment(), ...env },
    encoding: 'utf8',
  });
  options.say?.(stdout);
  if (status !== 0) throw new Error(`Dockerfile:${line}: RUN ${text}: ${error?.message ?? status}\n${stdout}${stderr}`);
}

/** What leads npm to its packages here; nothing else of this machine reaches a stage. */
function outerEnvironment(): NodeJS.ProcessEnv {
  const wanted =
    /^(?:path|home|https?_proxy|no_proxy|node_extra_ca_certs|npm_config_(?:cache|prefer_offline|registry|userconfig))$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => wanted.test(name)));
}

/** What is linked must be what `npm ci` would install: it was installed from the same lockfile. */
function requireSameLock(root: string, directory: string): void {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  if (!existsSync(join(root, 'node_modules'))) throw new Error(`${root} has no packages: run npm ci first`);
  if (readFileSync(join(directory, 'package-lock.json'), 'utf8') !== lock)
    throw new Error('the stage has another package-lock.json than the project');
}
