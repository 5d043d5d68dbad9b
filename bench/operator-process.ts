import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { pinnedCommand } from './cores.ts';
import { type Usage, usageOf } from './usage.ts';

const SAMPLE_MS = 1_000;
const STOP_MS = 30_000;
const TAIL_CHARACTERS = 3_000;

/** The operator as a process, with what it used. */
export interface OperatorProcess {
  /** Rejects when it ends by itself. */
  readonly failure: Promise<never>;
  /** Undefined where /proc is missing. */
  usage(): Promise<Usage | undefined>;
  /** The highest resident memory among the samples since the last call, one a second. */
  takePeakRssMb(): number | undefined;
  /** SIGTERM, then SIGKILL. @returns the exit code; undefined: it had to be killed */
  stop(): Promise<number | undefined>;
  kill(): void;
}

/** Starts that command on that core. It ends with this process. */
export function startOperatorProcess(options: {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly core: number | undefined;
  readonly directory: string;
  readonly logPath: string;
}): OperatorProcess {
  const [program = '', ...args] = pinnedCommand(options.core, options.command);
  const log = openSync(options.logPath, 'a');
  const child = spawn(program, args, { cwd: options.directory, env: options.env, stdio: ['ignore', log, log] });
  closeSync(log);
  const killIt = () => child.kill('SIGKILL');
  process.once('exit', killIt);
  const ended = exitOf(child);
  let isStopping = false;
  const failure = ended.then(async (code): Promise<never> => {
    process.off('exit', killIt);
    if (isStopping) return new Promise(() => undefined);
    const tail = (await readFile(options.logPath, 'utf8')).slice(-TAIL_CHARACTERS);
    throw new Error(`the operator (${options.command.join(' ')}) ended with ${String(code)}:\n${tail}`);
  });
  failure.catch(() => undefined); // told to whoever waits
  const usage = () => usageOf(child.pid ?? -1);
  const samples = sampling(usage);
  return {
    failure,
    usage,
    takePeakRssMb: samples.take,
    stop: async () => {
      isStopping = true;
      samples.stop();
      child.kill('SIGTERM');
      const timer = setTimeout(killIt, STOP_MS);
      const code = await ended;
      clearTimeout(timer);
      return typeof code === 'number' ? code : undefined;
    },
    kill: () => {
      isStopping = true;
      samples.stop();
      killIt();
    },
  };
}

function exitOf(child: ChildProcess): Promise<number | string | null> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal));
    child.once('error', (error) => resolve(error.message));
  });
}

function sampling(usage: () => Promise<Usage | undefined>): { take: () => number | undefined; stop: () => void } {
  let highest: number | undefined;
  const timer = setInterval(() => {
    void usage().then((now) => {
      if (now !== undefined) highest = Math.max(highest ?? 0, now.rssMb);
    });
  }, SAMPLE_MS);
  return {
    take: () => {
      const found = highest;
      highest = undefined;
      return found;
    },
    stop: () => clearInterval(timer),
  };
}
