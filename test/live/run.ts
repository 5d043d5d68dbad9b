import { runSuite } from './suite.ts';

/**
 * `npm run test:live`: asks an account of Wasabi what docs/wasabi.md is not sure of, has the operator work for it, and
 * writes what came of it. Without WASABI_ACCESS_KEY_ID and WASABI_SECRET_ACCESS_KEY it says so and passes. Everything that it
 * makes has a prefix of its own and goes again; it stores a few bytes, for which Wasabi may charge a minimum.
 */
const { WASABI_ACCESS_KEY_ID: accessKeyId, WASABI_SECRET_ACCESS_KEY: secretAccessKey } = process.env;

if (accessKeyId === undefined || secretAccessKey === undefined) {
  console.log('skipped: npm run test:live needs WASABI_ACCESS_KEY_ID and WASABI_SECRET_ACCESS_KEY of an account');
} else {
  const stopping = new AbortController();
  process.once('SIGINT', () => stopping.abort());
  const home = 'eu-central-2';
  const service = {
    keys: { accessKeyId, secretAccessKey },
    regions: { home, other: 'us-west-1' },
    s3: (region: string) => `https://s3.${region}.wasabisys.com`,
    iam: 'https://iam.wasabisys.com',
    sts: 'https://sts.wasabisys.com',
    operator: { provider: { region: home }, flags: [] },
  };
  const isGood = await runSuite(service, { folder: '.', signal: stopping.signal, say: (line) => console.log(line) });
  if (!isGood) process.exitCode = 1;
}
