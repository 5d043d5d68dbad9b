import { after, before, test } from 'node:test';
import { childCrashPaths } from './support/child-crash-paths.ts';
import { startTestCluster, type TestCluster } from './support/cluster.ts';
import { crashPaths } from './support/crash-paths.ts';
import { type Processes, prepareProcesses } from './support/crash-process.ts';
import { type Extent, seed, testPath } from './support/crash-suite.ts';
import { iamCrashPaths } from './support/iam-crash-paths.ts';
import { keyCrashPaths } from './support/key-crash-paths.ts';
import { outputCrashPaths } from './support/output-crash-paths.ts';
import { policyCrashPaths } from './support/policy-crash-paths.ts';
import { sample, seeded, shareOfAll, takesAll } from './support/seeded.ts';
import { takeOverCrashPaths } from './support/take-over-crash-paths.ts';

/** Paths of the sample: here, and on a real control plane. */
const SOME = 2;
const SOME_ON_CLUSTER = 8;
/** Each run starts two processes: of the crashes between which nothing changes a share must do. */
const most: Extent = { telling: 0.25, others: 0.03, pairs: 0 };
const few: Extent = { telling: 0.01, others: 0, pairs: 0 };

/** A call that is lost while the operator lives needs no process of its own. */
const kinds = [
  crashPaths,
  iamCrashPaths,
  childCrashPaths,
  keyCrashPaths,
  outputCrashPaths,
  policyCrashPaths,
  takeOverCrashPaths,
];
const all = kinds.flat().map((path) => ({
  ...path,
  losesCalls: false,
}));
const some = process.env['TEST_CLUSTER'] === undefined ? SOME : SOME_ON_CLUSTER;
const paths = takesAll ? shareOfAll(all, seeded(seed)) : sample(all, some, seeded(seed));

let cluster: TestCluster;
let processes: Processes;
before(async () => {
  cluster = await startTestCluster();
  processes = await prepareProcesses();
});
after(async () => {
  await cluster.stop();
  processes.remove();
});

for (const path of paths) {
  test(`a process that is killed at any single call: ${path.title}`, async (t) => {
    const options = { cluster, victimIn: processes.victimIn };
    await testPath(path, options, takesAll ? most : few, (line) => t.diagnostic(line));
  });
}
