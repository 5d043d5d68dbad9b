import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { type DevCluster, startDevCluster } from '../devcluster/server.ts';
import type { Emulator } from '../emulator/server.ts';
import { claimFolder } from './data-folder.ts';
import { installDefinitions } from './definitions.ts';
import type { DevValues } from './dev-command.ts';
import { described, startWith } from './emulator-command.ts';
import { emulatorFlags } from './emulator-options.ts';
import { REGION, sampleFor } from './sample.ts';
import { untilStopped } from './until-stopped.ts';
import { connect } from './wait.ts';

/** Starts both, tells of them, and ends with a signal. */
export async function runDev(values: DevValues): Promise<void> {
  const folder = values.data === undefined ? mkdtempSync(join(tmpdir(), 'wasabi-dev-')) : resolve(values.data);
  const release = claimFolder(folder);
  try {
    const keeps = values.data !== undefined;
    const emulator = await startWith(emulatorFlags(values), keeps ? join(folder, 'wasabi') : undefined);
    try {
      const cluster = await startCluster(values.kubePort, keeps ? folder : undefined);
      const files = await writeFiles(folder, cluster, emulator);
      const shown = described(emulator, values.data);
      process.stdout.write(`${shown}\n${clusterText(cluster, files)}\n${tries(emulator, files)}\nCtrl-C stops both.\n`);
      await untilStopped();
      await cluster.stop();
    } finally {
      await emulator.stop();
    }
  } finally {
    release();
    if (values.data === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** Starts it and has it serve our kinds. @throws Error saying what to do about a port that is taken */
async function startCluster(port: number | undefined, folder: string | undefined): Promise<DevCluster> {
  const cluster = await startDevCluster({
    ...(port === undefined ? {} : { port }),
    ...(folder === undefined ? {} : { dataDir: join(folder, 'kubernetes') }),
  }).catch((thrown: unknown) => {
    throw isTaken(thrown) ? new Error(`${thrown.message}: ${adviceFor(port, folder)}`, { cause: thrown }) : thrown;
  });
  const kube = connect(cluster.url, cluster.token.reveal());
  await installDefinitions(kube);
  await kube.close();
  return cluster;
}

function isTaken(thrown: unknown): thrown is Error {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'EADDRINUSE';
}

/** What to do about a port of the Kubernetes API that is taken. */
function adviceFor(port: number | undefined, folder: string | undefined): string {
  if (port !== undefined) return 'choose another port with --kube-port, or 0 for a free one';
  const kept = `the kubeconfigs in ${folder} lead there`;
  return `${kept}: stop what has that port, or have them written for another one with --kube-port, 0 for a free one`;
}

/** Paths of what is written for its users. */
interface Files {
  readonly kubectl: string;
  readonly operator: string;
  readonly sample: string;
}

async function writeFiles(folder: string, cluster: DevCluster, emulator: Emulator): Promise<Files> {
  const files = {
    kubectl: join(folder, 'kubeconfig'),
    operator: join(folder, 'operator.kubeconfig'),
    sample: join(folder, 'sample.yaml'),
  };
  await cluster.writeKubeconfig(files.kubectl, { forKubectl: true });
  await cluster.writeKubeconfig(files.operator);
  const documents = sampleFor(emulator).map((manifest) => stringify(manifest));
  writeFileSync(files.sample, documents.join('---\n'), { mode: 0o600 });
  return files;
}

function clusterText({ url }: DevCluster, { kubectl, operator }: Files): string {
  return [
    'A Kubernetes API is served, too.',
    '',
    `  ${'API'.padEnd(14)}${url}`,
    `  ${'kubectl'.padEnd(14)}${kubectl}`,
    `  ${'others'.padEnd(14)}${operator}`,
    '',
  ].join('\n');
}

function tries({ port }: Emulator, { kubectl, operator, sample }: Files): string {
  return [
    'Try, each in a terminal of its own:',
    `  npm start -- --kubeconfig=${operator} --allowed-endpoints='http://*.localhost:${port}' --log-format=text`,
    `  kubectl --kubeconfig=${kubectl} apply -f ${sample}`,
    `  kubectl --kubeconfig=${kubectl} get wasabi -A --watch   # the bucket is in ${REGION}`,
    '',
  ].join('\n');
}
