import { after, before, describe, test } from 'node:test';
import { areas } from './areas.ts';
import { type Client, connect, type Server } from './client.ts';
import { installSharedCrds, removeSharedCrds } from './crds.ts';
import { inWorld } from './world.ts';

const parallel = 8;

/**
 * Registers every case as a test of node:test. Cases run side by side, each in a namespace of its own.
 * @param start is called once before the first case; `undefined` where there is no such server: then all are skipped.
 */
export function describeConformance(
  title: string,
  start: () => Promise<{ server: Server; stop: () => Promise<void> }>,
): void {
  describe(title, { concurrency: parallel }, () => {
    let running: { server: Server; client: Client; stop: () => Promise<void> } | undefined;
    before(async () => {
      const { server, stop } = await start();
      running = { server, client: connect(server), stop };
      await installSharedCrds(running.client);
    });
    after(async () => {
      if (running === undefined) return;
      await removeSharedCrds(running.client);
      await running.client.close();
      await running.stop();
    });
    for (const { id, run, needsCompaction } of areas.flat()) {
      test(id, async (t) => {
        if (running === undefined) throw new Error('the server did not start');
        if (needsCompaction === true && running.server.compact === undefined) {
          t.skip('this server cannot be told to compact');
          return;
        }
        await inWorld(running.server, running.client, run);
      });
    }
  });
}
