import { startDevCluster } from '../src/devcluster/server.ts';
import { describeStoredObjects } from './support/stored-objects.ts';

describeStoredObjects('objects of older definitions on the development control plane', async () => {
  const cluster = await startDevCluster();
  const server = { name: 'development', url: cluster.url, token: cluster.token.reveal() } as const;
  return { server, stop: () => cluster.stop() };
});
