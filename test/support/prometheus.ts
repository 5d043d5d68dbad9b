import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Ending } from './endings.ts';
import { lastingPort } from './lasting-port.ts';
import { probe } from './operator-process.ts';
import { until } from './until.ts';

/** Why no Prometheus can be run here, for the `skip` of a test; false: one can. With CI=true its absence is a failure. */
export function withoutPrometheus(): string | false {
  const isThere = ['prometheus', 'promtool'].every((name) => spawnSync(name, ['--version']).status === 0);
  if (isThere || process.env['CI'] === 'true') return false;
  return 'prometheus is not on the PATH: apt-get install prometheus; npm run test:consumers and test:cluster do it where they may';
}

/** @throws Error with all that promtool prints when it is not content */
export function promtool(...args: readonly string[]): void {
  promtoolOn('', ...args);
}

/** The same, with that text as its input. @returns what it prints */
export function promtoolOn(input: string, ...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', input });
  assert.equal(status, 0, `promtool ${args.join(' ')}\n${stdout}${stderr}`);
  return `${stdout}${stderr}`;
}

/** A folder that goes with the test. */
export function folderFor(t: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One series of an answer, and its value now. */
export interface PrometheusSample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [atSeconds: number, value: string];
}

/** A Prometheus at work. */
export interface PrometheusServer {
  /** The data that it answers to a GET of that path of its API. */
  readonly ask: (path: string) => Promise<unknown>;
  /** What an expression comes to now. */
  readonly query: (expr: string) => Promise<readonly PrometheusSample[]>;
}

/** What it reads, and how often. */
export interface PrometheusOptions {
  readonly metricsPort: number;
  /** Path of a file of rules. */
  readonly rules: string;
  /** Between two scrapes, and between two evaluations; default one second. */
  readonly intervalMs?: number;
}

/** Starts a Prometheus that reads the metrics at that port of 127.0.0.1 as those of an operator in the namespace `storage`. */
export async function startPrometheus(
  t: Ending,
  { metricsPort, rules, intervalMs = 1_000 }: PrometheusOptions,
): Promise<PrometheusServer> {
  const folder = folderFor(t);
  const port = await lastingPort();
  const every = `${intervalMs}ms`;
  const config = {
    global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
    rule_files: [rules],
    scrape_configs: [
      {
        job_name: 'wasabi-s3-operator',
        static_configs: [{ targets: [`127.0.0.1:${metricsPort}`], labels: { namespace: 'storage' } }],
      },
    ],
  };
  writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
  promtool('check', 'config', join(folder, 'prometheus.yml'));
  const flags = [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ];
  const child = spawn('prometheus', flags, { stdio: ['ignore', 'ignore', 'inherit'] });
  t.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const isReady = () =>
    probe(port, '/-/ready').then(
      ({ status }) => status === 200,
      () => false,
    );
  await until('Prometheus is ready', isReady);
  const ask = async (path: string) => {
    const { status, body } = await probe(port, path);
    assert.equal(status, 200, `${path}\n${body}`);
    return (JSON.parse(body) as { data: unknown }).data; // its API says so
  };
  const query = async (expr: string) => {
    const answer = await ask(`/api/v1/query?query=${encodeURIComponent(expr)}`);
    return (answer as { result: readonly PrometheusSample[] }).result; // of an instant vector
  };
  return { ask, query };
}
