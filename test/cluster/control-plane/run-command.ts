import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';

const tailBytes = 4000;

/** What a command may be given. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Runs behind everything else on the machine. */
  readonly isNice?: boolean;
}

/**
 * Runs a command to its end and answers its standard output.
 * @throws Error with the last lines of what it printed, when it cannot start or ends with another code than 0.
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(command, args, { cwd: options.cwd, env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
  if (options.isNice === true && child.pid !== undefined) setPriority(child.pid, 10);
  const killChild = (): void => void child.kill('SIGKILL');
  process.once('exit', killChild);
  let output = '';
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    printed = (printed + text).slice(-tailBytes);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed = (printed + text).slice(-tailBytes);
  });
  child.on('error', (cause) => reject(new Error(`${command} cannot be started: ${cause.message}`, { cause })));
  child.on('close', (code, signal) => {
    process.removeListener('exit', killChild);
    if (code === 0) resolve(output);
    else reject(new Error(`${command} ${args[0] ?? ''} ended with ${signal ?? code}:\n${printed.trimEnd()}`));
  });
  return promise;
}

/** Whether Go is on the PATH of that environment. */
export function hasGo(env: NodeJS.ProcessEnv): Promise<boolean> {
  return run('go', ['version'], { env }).then(
    () => true,
    () => false,
  );
}
