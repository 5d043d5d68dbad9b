import { after, before, type TestContext } from 'node:test';
import { startEmulator } from '../../src/emulator/server.ts';
import { startTestCluster, type TestCluster } from './cluster.ts';
import { openWorld, type World, type WorldOptions } from './world.ts';

/** Starts a world on the control plane of the file; its test's end closes it. */
export type WorldStarter = (t: TestContext, options?: WorldOptions) => Promise<World>;

/** The control plane that the tests of one file share. */
export interface SharedCluster {
  readonly cluster: TestCluster;
  readonly startWorld: WorldStarter;
}

/**
 * One control plane for all tests of the file that calls this, started before the first and stopped after the last.
 * Each test has a namespace, a Wasabi and an operator of its own.
 */
export function shareCluster(): SharedCluster {
  let cluster: TestCluster | undefined;
  const started = () => {
    if (cluster === undefined) throw new Error('the control plane runs only while tests do');
    return cluster;
  };
  before(async () => {
    cluster = await startTestCluster();
  });
  after(() => cluster?.stop());
  return {
    get cluster() {
      return started();
    },
    async startWorld(t, { emulator: emulatorOptions = {}, ...options } = {}) {
      const emulator = await startEmulator(emulatorOptions);
      const opening = openWorld({ cluster: started(), emulator }, options);
      t.after(async () => {
        try {
          await (await opening.catch(() => undefined))?.close();
        } finally {
          await emulator.stop();
        }
      });
      return opening;
    },
  };
}
