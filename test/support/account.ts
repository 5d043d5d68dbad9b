import type { TestContext } from 'node:test';
import type { AccountKeys } from '../../src/emulator/accounts.ts';
import { type Emulator, startEmulator } from '../../src/emulator/server.ts';
import { type Manifest, provider, secret } from './builders.ts';

/** Both halves of a key. */
export type KeyPair = Pick<AccountKeys, 'accessKeyId' | 'secretAccessKey'>;

/** A Secret with that key, under the names by which `provider` refers to them. */
export function providerSecret(name: string, { accessKeyId, secretAccessKey }: KeyPair): Manifest {
  return secret(name, { 'access-key': accessKeyId, 'secret-key': secretAccessKey });
}

/** Where the endpoints are, beside the port. */
export interface EndpointOptions {
  readonly region?: string;
  readonly protocol?: 'http' | 'https';
}

/** The endpoints of an emulator, or of what stands before it, on that port: it tells regions and services apart by the host. */
export function endpointsAt(port: number, { region = 'eu-central-2', protocol = 'http' }: EndpointOptions = {}) {
  return {
    endpoint: `${protocol}://s3.${region}.localhost:${port}`,
    iamEndpoint: `${protocol}://iam.localhost:${port}`,
    stsEndpoint: `${protocol}://sts.localhost:${port}`,
  };
}

/** An account at an emulator, and what leads an operator there. */
export interface TestAccount {
  readonly emulator: Emulator;
  /** The Secret and the Provider `wasabi`, which calls the emulator without a proxy between them. */
  readonly manifests: readonly Manifest[];
  /** The flag without which no operator calls it. */
  readonly allowedEndpoints: string;
}

/** Starts an emulator, which ends with the test. */
export async function startAccount(t: TestContext): Promise<TestAccount> {
  const emulator = await startEmulator();
  t.after(() => emulator.stop());
  return {
    emulator,
    manifests: [providerSecret('wasabi-credentials', emulator.account), provider('wasabi', endpointsAt(emulator.port))],
    allowedEndpoints: `--allowed-endpoints=http://*.localhost:${emulator.port}`,
  };
}
