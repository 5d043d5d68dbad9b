import { after } from 'node:test';
import { type DevCluster, startDevCluster } from '../src/devcluster/server.ts';
import { connect } from './conformance/client.ts';
import { describeSchemas } from './support/schema-suite.ts';

let cluster: DevCluster | undefined;
after(() => cluster?.stop());

describeSchemas('the schemas on the development control plane', async () => {
  cluster = await startDevCluster();
  return connect({ name: 'development', url: cluster.url, token: cluster.token.reveal() });
});
