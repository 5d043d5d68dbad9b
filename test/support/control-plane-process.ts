import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';

/** One program of a control plane that runs in the background. */
export interface Program {
  readonly name: string;
  /** Settles when the program has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Sends the signal and waits for the end. Safe to repeat. Default SIGKILL: the state is thrown away. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** The last lines that it printed. */
  tail(): Promise<string>;
}

/** What to start. */
export interface ProgramStart {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Gets all that the program prints. */
  readonly logPath: string;
  /** Removed when this process dies without having stopped the program. */
  readonly directory: string;
}

/**
 * Starts a program that cannot outlive this process, even when this process is killed with SIGKILL: a small shell waits
 * for the end of a pipe that only we hold, then kills the program and removes its folder.
 */
export function startProgram(start: ProgramStart): Program {
  const log = openSync(start.logPath, 'a');
  const child = spawn(start.command, start.args, { stdio: ['ignore', log, log], cwd: start.directory });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const guard = startGuard(child, start.directory);
  child.unref();
  ended.then(
    () => guard.kill('SIGKILL'),
    () => undefined,
  );
  return {
    name: start.name,
    ended,
    stop: async (signal = 'SIGKILL') => {
      // The guard must not remove the folder when it is we who end the program.
      guard.kill('SIGKILL');
      child.ref();
      child.kill(signal);
      await ended;
    },
    tail: async () => (await readFile(start.logPath, 'utf8')).slice(-3000),
  };
}

function startGuard(child: ChildProcess, directory: string): ChildProcess {
  const script = `trap '' INT TERM HUP; read _; kill -KILL "$1"; sleep 1; rm -rf "$2"`;
  const guard = spawn('/bin/sh', ['-c', script, 'guard', String(child.pid), directory], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  // A pipe to a child is a socket; it alone must not keep this process alive.
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  guard.stdin?.on('error', () => undefined);
  return guard;
}

/** Ports on 127.0.0.1 that were free a moment ago: held all at once, so that they differ. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
