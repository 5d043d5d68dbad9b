import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { clientOf, staticAccess, until, within } from './cluster.ts';

const entry = fileURLToPath(new URL('../../src/cli/main.mjs', import.meta.url));

/** A command beside the operator, as a process of its own. */
export interface RunningCommand {
  readonly child: ChildProcess;
  /** What it printed so far. */
  readonly output: () => string;
  /** Stops it as Ctrl-C does. @returns its exit code */
  stop(): Promise<number | null>;
}

/** An empty folder that goes with the test. */
export function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'cli-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a command that serves, and waits until it does; it ends with the test. */
export async function startCommand(t: TestContext, ...args: readonly string[]): Promise<RunningCommand> {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await until(`${args.join(' ')} serves`, async () => {
    assert.equal(child.exitCode, null, output);
    return /Ctrl-C stops/.test(output);
  });
  const stop = () => {
    child.kill('SIGINT');
    return within(`${args.join(' ')} ends`, ended);
  };
  return { child, output: () => output, stop };
}

/** A client of the cluster that a kubeconfig of `dev` leads to. */
export function adminOf(t: TestContext, kubeconfig: string) {
  const { clusters, users } = parse(readFileSync(kubeconfig, 'utf8')) as {
    readonly clusters: readonly [{ readonly cluster: { readonly server: string } }];
    readonly users: readonly [{ readonly user: { readonly token: string } }];
  };
  const admin = clientOf(staticAccess(clusters[0].cluster.server, users[0].user.token));
  t.after(() => admin.close());
  return admin;
}
