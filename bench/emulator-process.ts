import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SigningKeys } from '../src/emulator/testing/signed-request.ts';
import { pinnedCommand } from './cores.ts';

const entry = fileURLToPath(new URL('../src/cli/main.mjs', import.meta.url));

/** The emulator as users start it. */
export interface EmulatorProcess {
  readonly pid: number;
  readonly port: number;
  readonly keys: SigningKeys;
  /** From the start of the process until it serves, milliseconds. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** Starts it on that core. It ends with this process. @throws Error when it does not serve */
export async function startEmulatorProcess(core: number | undefined, maxBuckets: number): Promise<EmulatorProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'emulator-bench-'));
  const variables = join(folder, 'variables');
  const args = ['emulator', '--port=0', `--max-buckets=${maxBuckets}`, `--variables-file=${variables}`];
  const [program = '', ...rest] = pinnedCommand(core, [process.execPath, entry, ...args]);
  const startedMs = performance.now();
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
  });
  // It writes the file, then says that it serves.
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the emulator ended with code ${code}`)));
  });
  const startMs = performance.now() - startedMs;
  const text = readFileSync(variables, 'utf8');
  rmSync(folder, { recursive: true });
  const valueOf = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1] ?? '';
  return {
    pid: child.pid ?? -1,
    port: Number(new URL(valueOf('AWS_ENDPOINT_URL_S3')).port),
    keys: { accessKeyId: valueOf('AWS_ACCESS_KEY_ID'), secretAccessKey: valueOf('AWS_SECRET_ACCESS_KEY') },
    startMs,
    stop: async () => {
      process.off('exit', kill);
      child.kill('SIGTERM');
      await ended;
    },
  };
}
