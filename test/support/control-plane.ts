import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { type Binaries, programPath } from '../cluster/control-plane/binaries.ts';
import { ensureControlPlane } from '../cluster/control-plane/build.ts';
import { apiServerArguments, controllerManagerArguments, etcdArguments } from './control-plane-arguments.ts';
import { type AuditEvent, readAuditLog } from './control-plane-audit.ts';
import { compactEtcd } from './control-plane-etcd.ts';
import { type ControlPlaneFiles, writeFiles, writeKubeconfig } from './control-plane-files.ts';
import { freePorts, type Program, startProgram } from './control-plane-process.ts';

const readyMs = 60_000;
const attempts = 3;

/** How a control plane is started. */
export interface ControlPlaneOptions {
  /** Default: found or built by ensureControlPlane. */
  readonly binaries?: Binaries;
  /** Gets one line at a time: progress of a build. */
  readonly log?: (line: string) => void;
}

/** One kube-apiserver; all those of a control plane share one etcd, and each has its own watch cache. */
export interface ApiServer {
  readonly url: string;
  /** Ends it (SIGKILL by default) and starts it again on the same port; resolves once it is ready. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

/** A real etcd, kube-apiserver and kube-controller-manager on loopback. */
export interface ControlPlane {
  readonly url: string;
  /** PEM; for the TLS options of a client. */
  readonly ca: string;
  readonly caFile: string;
  /** A bearer token of the group system:masters. */
  readonly adminToken: string;
  readonly kubeconfigPath: string;
  readonly auditLogPath: string;
  readonly etcdUrl: string;
  /** All that was answered so far, in order, at level Metadata. */
  readAudit(): Promise<readonly AuditEvent[]>;
  restartApiServer(signal?: NodeJS.Signals): Promise<void>;
  /** A second API server over the same etcd, for tests of stale reads. */
  addApiServer(): Promise<ApiServer>;
  /** Forgets all revisions but the newest: older resourceVersions and continue tokens answer 410. */
  compact(): Promise<void>;
  /** Kills all programs and removes their folder. Safe to repeat. */
  stop(): Promise<void>;
}

/** Starts a control plane in about five seconds. It ends with this process, however this process ends. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const binaries =
    options.binaries ?? (await ensureControlPlane(options.log === undefined ? {} : { log: options.log }));
  // A port that was free may be taken before our program listens on it: then once more, with others.
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await tryStart(binaries);
    } catch (error) {
      if (attempt === attempts || !(error instanceof Error) || !error.message.includes('address already in use'))
        throw error;
    }
  }
}

async function tryStart(binaries: Binaries): Promise<ControlPlane> {
  const files = await writeFiles(await mkdtemp(join(tmpdir(), 'control-plane-')));
  const running: Program[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.map((program) => program.stop()));
    await rm(files.directory, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const [etcdPort = 0, apiPort = 0] = await freePorts(2);
    const etcdUrl = `http://127.0.0.1:${etcdPort}`;
    const start = (name: 'etcd' | 'kube-apiserver' | 'kube-controller-manager', args: readonly string[]): Program => {
      const program = startProgram({
        name,
        command: programPath(binaries, name),
        args,
        logPath: join(files.directory, `${name}-${running.length}.log`),
        directory: files.directory,
      });
      running.push(program);
      return program;
    };
    const startApiServer = (port: number): Promise<ApiServer> =>
      apiServerOn(port, files, () => start('kube-apiserver', apiServerArguments(files, etcdUrl, port)));

    const etcd = start('etcd', etcdArguments(files, etcdPort));
    await ready(etcd, `${etcdUrl}/health`, new Agent());
    const apiServer = await startApiServer(apiPort);
    const caFile = join(files.certificates, 'apiserver.crt');
    const kubeconfig = (name: string, token: string): Promise<string> =>
      writeKubeconfig(join(files.directory, `${name}.kubeconfig`), apiServer.url, caFile, token);
    const managerConfig = await kubeconfig('controller-manager', files.controllerManagerToken);
    start('kube-controller-manager', controllerManagerArguments(files, managerConfig));
    return {
      url: apiServer.url,
      ca: await readFile(caFile, 'utf8'),
      caFile,
      adminToken: files.adminToken,
      kubeconfigPath: await kubeconfig('admin', files.adminToken),
      auditLogPath: files.auditLog,
      etcdUrl,
      readAudit: () => readAuditLog(files.auditLog),
      restartApiServer: (signal) => apiServer.restart(signal),
      addApiServer: async () => startApiServer((await freePorts(1))[0] ?? 0),
      compact: () => compactEtcd(etcdUrl),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function apiServerOn(port: number, files: ControlPlaneFiles, start: () => Program): Promise<ApiServer> {
  const url = `https://127.0.0.1:${port}`;
  const startReady = async (): Promise<Program> => {
    const started = start();
    // The certificate is made at the first start; that it is trusted is tested by every later call.
    const agent = new Agent({ allowH2: false, connect: { rejectUnauthorized: false } });
    await ready(started, `${url}/readyz`, agent, { authorization: `Bearer ${files.adminToken}` });
    return started;
  };
  let program = await startReady();
  return {
    url,
    restart: async (signal) => {
      await program.stop(signal);
      program = await startReady();
    },
    stop: () => program.stop(),
  };
}

async function ready(program: Program, url: string, agent: Agent, headers: Record<string, string> = {}): Promise<void> {
  const deadline = performance.now() + readyMs;
  let hasEnded = false;
  void program.ended.then(() => {
    hasEnded = true;
  });
  const isReady = async (): Promise<boolean> => {
    const { statusCode, body } = await request(url, { dispatcher: agent, headers });
    await body.dump();
    return statusCode === 200;
  };
  try {
    while (!(await isReady().catch(() => false))) {
      if (hasEnded) throw new Error(`${program.name} ended before it was ready:\n${await program.tail()}`);
      if (performance.now() > deadline) throw new Error(`${program.name} is not ready:\n${await program.tail()}`);
      await delay(50);
    }
  } finally {
    await agent.close();
  }
}
