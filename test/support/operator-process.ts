import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { TestCluster } from './cluster.ts';

const entry = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The operator as users start it, as a process of its own. */
export interface OperatorProcess {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly ended: Promise<number | null>;
}

/** Starts one with those flags; it ends with its test. */
export function startProcess(
  t: TestContext,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): OperatorProcess {
  const child = spawn(process.execPath, [entry, ...args], { env: { PATH: process.env['PATH'], ...env } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise<number | null>((resolve) => {
    child.once('exit', resolve);
  });
  return { child, output: () => output, ended };
}

/** A kubeconfig in a folder that goes with the test. */
export function kubeconfigFor(t: TestContext, cluster: Pick<TestCluster, 'url' | 'token' | 'ca'>): string {
  const folder = mkdtempSync(join(tmpdir(), 'operator-process-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const ca =
    cluster.ca === undefined ? {} : { 'certificate-authority-data': Buffer.from(cluster.ca).toString('base64') };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server: cluster.url, ...ca } }],
    users: [{ name: 'test', user: { token: cluster.token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
  };
  const file = join(folder, 'config');
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** What a probe of that path is answered. */
export function probe(port: number, path: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path }, (answer) => {
      let body = '';
      answer.on('data', (chunk: Buffer) => {
        body += chunk.toString('utf8');
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    call.on('error', reject);
    call.end();
  });
}

/** The port of health and metrics; NaN before they are served. */
export function metricsPortOf({ output }: OperatorProcess): number {
  return Number(/"port":(\d+)/.exec(output())?.[1]);
}
