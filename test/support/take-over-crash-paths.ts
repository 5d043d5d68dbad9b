import { providerSecret } from './account.ts';
import type { CrashPath } from './crash-paths.ts';
import { leftObjects, predecessorsWork } from './predecessor-work.ts';
import type { World } from './world.ts';

function applyCredentials(world: World, changed: { readonly secretAccessKey?: string } = {}): Promise<unknown> {
  return world.apply(providerSecret('wasabi-credentials', { ...world.emulator.account, ...changed }));
}

/** Every path on which objects of the predecessor become ours. */
export const takeOverCrashPaths: readonly CrashPath[] = [
  {
    title: 'take over everything that the predecessor left',
    service: 'wasabi',
    name: 'logs',
    hasProvider: false,
    // Nothing is done for the objects while their account cannot be reached.
    begin: async (world) => {
      await predecessorsWork(world);
      await applyCredentials(world, { secretAccessKey: 'this-is-not-the-secret-access-key' });
      await world.restart();
      await world.reaches('Provider', 'wasabi', 'AuthValid', 'False');
    },
    act: (world) => applyCredentials(world),
    ended: async (world) => {
      for (const [kind, name] of leftObjects) {
        await world.reaches(kind, name, 'Ready', 'True');
        await world.reaches(kind, name, 'Synced', 'InSync');
      }
    },
    objects: [...leftObjects, ['Secret', 'wasabi-credentials'], ['Secret', 'logs-accesskey-credentials']],
  },
];
