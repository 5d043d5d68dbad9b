import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { COMPILED, runLanes, suitesAt } from '../../scripts/test-lanes.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { auditEvents } from '../support/control-plane-audit.ts';
import { sharedControlPlaneVariables } from '../support/control-plane-environment.ts';
import { installPackages } from '../support/debian-packages.ts';
import { OPERATOR_USER } from '../support/operator-rights.ts';
import { withoutPrometheus } from '../support/prometheus.ts';
import { rightsReport } from '../support/used-rights.ts';
import { ensureControlPlane, NoControlPlane } from './control-plane/build.ts';

/**
 * `npm run test:cluster`: the suites that can run against a real control plane, on two that are started here. `-- --all`
 * takes every case of the suites that else take a share; `-- FILE…` runs these files alone, on one.
 */
const root = join(import.meta.dirname, '../..');

/** Add a suite here when it takes its control plane from the TEST_CLUSTER variables and makes its own namespaces. */
const SUITES = [
  'test/conformance/real.test.ts',
  'test/cluster/*.test.ts',
  'test/dev-kubectl.test.ts',
  'test/kinds.test.ts',
  'test/ownership.test.ts',
  'test/references.test.ts',
  'test/deletion.test.ts',
  'test/modes.test.ts',
  'test/settings.test.ts',
  'test/setting-errors.test.ts',
  'test/lessons.test.ts',
  'test/guards.test.ts',
  'test/errors.test.ts',
  'test/process.test.ts',
  'test/runtime.test.ts',
  'test/take-over*.test.ts',
  'test/iam-takeover.test.ts',
  'test/restores.test.ts',
  'test/{user,iam-policy,iam-policy-mark,bucket-policy,access-key,iam-errors}.test.ts',
  'test/access-key-{deletion,ownership,rotation,freeze,outputs,outputs-rotation,restart,workload,canaries}.test.ts',
  'test/auto-manage*.test.ts',
  'test/{tenancy,access,escalation,foreign-secrets,same-account-id,lessons-access}.test.ts',
  'test/{credentials,provider-errors,provider-endpoint,kube-errors,faults}.test.ts',
  'test/{bucket-input,emptying,existence,costs,examples,all-at-once,two-operators}.test.ts',
  'test/{crash*,access-key-crash}.test.ts',
];

/** Begun first, since they take longest: nobody waits for one of them in the end. */
const LONG = [
  'test/cluster/{fail-over,broken-provider,rbac-presets,alerts}.test.ts',
  'test/{crash*,access-key-crash}.test.ts',
];
/** Control planes at once, each with a suite at a time: some compact the history, some count the calls. */
const PLANES = Math.min(2, availableParallelism());
const TEST_TIMEOUT_MS = 600_000;
/** A process hangs that has not ended by then. Each test has a limit of its own. */
const PROCESS_LIMIT_MS = 7_200_000;

const log = (line: string): void => console.log(`control plane: ${line}`);
const isAll = process.argv.includes('--all');
const files = process.argv.slice(2).filter((argument) => argument !== '--all');

const binaries = await ensureControlPlane({ log }).catch((error: unknown) => {
  if (!(error instanceof NoControlPlane)) throw error;
  console.log(`skipped: npm run test:cluster: ${error.message}`);
  process.exit(0);
});
log(`found in ${binaries.source}`);
if (withoutPrometheus() !== false) installPackages(['prometheus'], console.log); // for alerts.test.ts
const startedAtMs = performance.now();
const planes: ControlPlane[] = [];
// The programs end with this process, however it ends: nothing else is to be done on a signal.
try {
  for (let each = 0; each < (files.length > 0 ? 1 : PLANES); each++) {
    planes.push(await startControlPlane({ binaries }));
    log(`ready at ${planes.at(-1)?.url} after ${seconds(startedAtMs)}`);
  }
  const passed = files.length > 0 ? await runFiles(planes) : await runAll(planes);
  const isRight = await checkRights(planes);
  console.log(`npm run test:cluster: ${passed && isRight ? 'passed' : 'FAILED'} after ${seconds(startedAtMs)}`);
  process.exitCode = passed && isRight ? 0 : 1;
} finally {
  await Promise.all(planes.map((plane) => plane.stop()));
}

/** Each plane takes whichever suite no other has taken yet. */
function runAll(planes: readonly ControlPlane[]): Promise<boolean> {
  const shared = { name: 'cluster', processes: 1, suites: suitesAt([...LONG, ...SUITES]) };
  const limits = { testTimeoutMs: TEST_TIMEOUT_MS, processTimeoutMs: PROCESS_LIMIT_MS };
  return runLanes(planes.map((plane) => ({ ...shared, ...limits, options: { env: environmentOf(plane) } })));
}

/** Files given by name run one after another, each in a process of its own. */
async function runFiles([plane]: readonly ControlPlane[]): Promise<boolean> {
  const tests = spawn(
    process.execPath,
    ['--test', '--test-concurrency=1', `--test-timeout=${TEST_TIMEOUT_MS}`, '--test-reporter=spec', ...files],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: plane && environmentOf(plane) },
  );
  const [code] = await once(tests, 'exit');
  return code === 0;
}

function environmentOf({ url, adminToken, ...paths }: ControlPlane): NodeJS.ProcessEnv {
  const names = sharedControlPlaneVariables;
  return {
    ...process.env,
    ...(isAll ? { TEST_ALL: '1' } : {}),
    NODE_COMPILE_CACHE: COMPILED,
    TEST_CLUSTER: 'real',
    [names.url]: url,
    [names.token]: adminToken,
    [names.caFile]: paths.caFile,
    [names.etcdUrl]: paths.etcdUrl,
    [names.auditLogPath]: paths.auditLogPath,
    [names.kubeconfigPath]: paths.kubeconfigPath,
  };
}

/** Operators of the suites have the rights of the preset `minimal`: none may be missing, and all suites together use each. */
async function checkRights(planes: readonly ControlPlane[]): Promise<boolean> {
  const reports = await Promise.all(
    planes.map(({ auditLogPath }) => rightsReport(auditEvents(auditLogPath), OPERATOR_USER)),
  );
  const refused = reports.flatMap((report) => report.refused);
  const unused = reports.map((report) => report.unused).reduce((all, each) => all.filter((one) => each.includes(one)));
  const idle = files.length === 0 ? unused : [];
  if (idle.length > 0) console.log(`rights in src/kube-rights.ts that no suite used: ${idle.join('; ')}`);
  if (refused.length > 0) console.log(`calls of operators that RBAC refused:\n  ${refused.join('\n  ')}`);
  return refused.length + idle.length === 0;
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}
