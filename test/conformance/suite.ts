import { after, before, describe, test } from 'node:test';
import { areas } from './areas.ts';
import { type Client, connect, type Server } from './client.ts';
import { installSharedCrds, removeSharedCrds } from './crds.ts';
import { type ConformanceCase, inWorld } from './world.ts';

const parallel = 8;

/** A server that the suite may use until it calls `stop`. */
export interface RunningServer {
  readonly server: Server;
  readonly stop: () => Promise<void>;
}

/**
 * Registers every case as a test of node:test. Cases run side by side, each in a namespace of its own; those that
 * compact the server's history come last and one by one, since they take old revisions away from everybody.
 */
export function describeConformance(title: string, start: () => Promise<RunningServer>): void {
  let running: (RunningServer & { readonly client: Client }) | undefined;
  const register = (cases: readonly ConformanceCase[]): void => {
    for (const { id, run, needsCompaction } of cases) {
      test(id, async (t) => {
        if (running === undefined) throw new Error('the server did not start');
        if (needsCompaction === true && running.server.compact === undefined) {
          t.skip('this server cannot be told to compact');
          return;
        }
        await inWorld(running.server, running.client, run);
      });
    }
  };
  describe(title, () => {
    before(async () => {
      const started = await start();
      running = { ...started, client: connect(started.server) };
      await installSharedCrds(running.client);
    });
    after(async () => {
      if (running === undefined) return;
      await removeSharedCrds(running.client);
      await running.client.close();
      await running.stop();
    });
    const cases = areas.flat();
    describe('side by side', { concurrency: parallel }, () =>
      register(cases.filter(({ needsCompaction }) => needsCompaction !== true)),
    );
    describe('after compaction', () => register(cases.filter(({ needsCompaction }) => needsCompaction === true)));
  });
}
