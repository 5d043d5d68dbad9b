import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type TestCluster, within } from './cluster.ts';
import type { Ending } from './endings.ts';

const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** Longer than a probe takes on a busy machine. */
const PROBE_MS = 20_000;

/** The operator as users start it, as a process of its own. */
export interface OperatorProcess {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

type Environment = Readonly<Record<string, string>>;

/** Of ours: where programs are, and where what was compiled is kept, which halves the time of a start. */
function inherited(): Environment {
  const names = ['PATH', 'NODE_COMPILE_CACHE'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** Starts one with those flags; it ends with its test. */
export function startProcess(t: TestContext, args: readonly string[], env: Environment = {}): OperatorProcess {
  const operator = spawnOperator(args, env);
  t.after(() => operator.child.kill('SIGKILL'));
  return operator;
}

/** Starts one with those flags; the caller ends it. */
export function spawnOperator(args: readonly string[], env: Environment = {}): OperatorProcess {
  const child = spawn(process.execPath, [entry, ...args], { env: { ADMIN_PORT: '0', ...inherited(), ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
  });
  return { child, output: () => output, ended };
}

type Access = Pick<TestCluster, 'url' | 'token' | 'ca'>;

/** A kubeconfig in a folder that goes with the test. */
export function kubeconfigFor(t: Ending, access: Access): string {
  const folder = mkdtempSync(join(tmpdir(), 'operator-process-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return writeKubeconfig(folder, access);
}

/** Writes a kubeconfig. @returns its path */
export function writeKubeconfig(folder: string, access: Access): string {
  const file = join(folder, 'config');
  writeFileSync(file, kubeconfigText(access));
  return file;
}

/** A kubeconfig with that token. */
export function kubeconfigText({ url, token, ca: authority }: Access): string {
  const ca = authority === undefined ? {} : { 'certificate-authority-data': Buffer.from(authority).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: url, ...ca } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
  return JSON.stringify(config);
}

/** Its exit code, once it has ended; `null`: a signal ended it. @throws Error with its output when it goes on for long */
export function exitOf({ ended, output }: OperatorProcess): Promise<number | null> {
  return within('the process ends', ended).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${output()}`);
  });
}

/** What a probe of that path is answered. @throws Error when nothing is answered */
export function probe(port: number, path: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(PROBE_MS);
    const call = request({ host: '127.0.0.1', port, path, signal }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => {
        body += chunk.toString('utf8');
      });
      answer.on('error', reject);
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    call.on('error', (cause) => reject(new Error(`probe of ${path}: ${cause.message}`, { cause })));
    call.end();
  });
}

/** The port of health and metrics; NaN before they are served. */
export function metricsPortOf({ output }: OperatorProcess): number {
  return Number(/"port":(\d+)/.exec(output())?.[1]);
}
