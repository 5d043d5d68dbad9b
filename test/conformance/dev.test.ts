import { startDevCluster } from '../../src/devcluster/server.ts';
import { describeConformance } from './suite.ts';

describeConformance('the API of the development control plane', async () => {
  const cluster = await startDevCluster();
  return {
    server: {
      name: 'development',
      url: cluster.url,
      token: cluster.token.reveal(),
      compact: async () => cluster.compact(),
    },
    stop: () => cluster.stop(),
  };
});
