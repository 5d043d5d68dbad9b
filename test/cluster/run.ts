import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { auditEvents } from '../support/control-plane-audit.ts';
import { sharedControlPlaneVariables } from '../support/control-plane-environment.ts';
import { installPackages } from '../support/debian-packages.ts';
import { OPERATOR_USER } from '../support/operator-rights.ts';
import { withoutPrometheus } from '../support/prometheus.ts';
import { rightsReport } from '../support/used-rights.ts';
import { ensureControlPlane, NoControlPlane } from './control-plane/build.ts';

/**
 * `npm run test:cluster`: the suites that can run against a real control plane, one after the other against one that is
 * started here. `-- --all` takes every case of the suites that else take a share; `-- FILE…` runs these files alone.
 */
const root = join(import.meta.dirname, '../..');

/** Add a suite here when it takes its control plane from the TEST_CLUSTER variables and makes its own namespaces. */
const suites = [
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
const controlPlane = await startControlPlane({ binaries });
log(`ready at ${controlPlane.url} after ${seconds(startedAtMs)}`);
// The programs end with this process, however it ends: nothing else is to be done on a signal.
try {
  const code = (await runSuites(controlPlane, files.length > 0 ? files : suites)) || (await checkRights(controlPlane));
  console.log(`npm run test:cluster: ${code === 0 ? 'passed' : 'FAILED'} after ${seconds(startedAtMs)}`);
  process.exitCode = code;
} finally {
  await controlPlane.stop();
}

async function runSuites({ url, adminToken, ...paths }: ControlPlane, patterns: readonly string[]): Promise<number> {
  const names = sharedControlPlaneVariables;
  const tests = spawn(
    process.execPath,
    // One file at a time: some compact the history, some count the calls.
    ['--test', '--test-concurrency=1', '--test-timeout=600000', '--test-reporter=spec', ...patterns],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        ...(isAll ? { TEST_ALL: '1' } : {}),
        TEST_CLUSTER: 'real',
        [names.url]: url,
        [names.token]: adminToken,
        [names.caFile]: paths.caFile,
        [names.etcdUrl]: paths.etcdUrl,
        [names.auditLogPath]: paths.auditLogPath,
        [names.kubeconfigPath]: paths.kubeconfigPath,
      },
    },
  );
  const [code] = await once(tests, 'exit');
  return typeof code === 'number' ? code : 1;
}

/** Operators of the suites have the rights of the preset `minimal`: none may be missing, and all suites together use each. */
async function checkRights({ auditLogPath }: ControlPlane): Promise<number> {
  const { refused, unused } = await rightsReport(auditEvents(auditLogPath), OPERATOR_USER);
  const idle = files.length === 0 ? unused : [];
  if (idle.length > 0) console.log(`rights in src/kube-rights.ts that no suite used: ${idle.join('; ')}`);
  if (refused.length > 0) console.log(`calls of operators that RBAC refused:\n  ${refused.join('\n  ')}`);
  return refused.length + idle.length === 0 ? 0 : 1;
}

function seconds(sinceMs: number): string {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}
