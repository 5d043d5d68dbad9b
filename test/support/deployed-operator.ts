import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { KubeObject, ResourceType } from '../../src/api/meta.ts';
import type { KubeClient } from '../../src/runtime/kube-client.ts';
import { RELEASE_NAMESPACE } from './chart.ts';
import type { ControlPlane } from './control-plane.ts';
import { kubeconfigFor, type OperatorProcess, startProcess } from './operator-process.ts';
import { serviceAccountToken } from './service-account.ts';

/** Deployments of the group apps. */
export const DEPLOYMENTS: ResourceType = {
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
};

interface Deployment extends KubeObject {
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { args: readonly string[] }[] } };
  };
}

/** Where the operator of a release is, and what is not as its Deployment says. */
export interface DeployedOptions {
  readonly plane: Pick<ControlPlane, 'url' | 'ca'>;
  readonly admin: KubeClient;
  /** Of Deployment and ServiceAccount; default `wasabi-s3-operator`. */
  readonly name?: string;
  /** Further flags. */
  readonly flags?: readonly string[];
}

/**
 * Plays a pod of the operator's Deployment: a process with its arguments and the token of its ServiceAccount.
 * Metrics are on a port of its own.
 */
export async function startDeployed(
  t: TestContext,
  { plane, admin, name = 'wasabi-s3-operator', flags = [] }: DeployedOptions,
): Promise<OperatorProcess> {
  const key = { namespace: RELEASE_NAMESPACE, name };
  const deployment = (await admin.get<Deployment>(DEPLOYMENTS, key)) ?? assert.fail('no Deployment');
  const args = deployment.spec.template.spec.containers[0]?.args ?? [];
  const token = await serviceAccountToken(admin, key);
  return startProcess(t, [
    `--kubeconfig=${kubeconfigFor(t, { url: plane.url, token, ca: plane.ca })}`,
    ...args.map((arg) => (arg.startsWith('--metrics-port=') ? '--metrics-port=0' : arg)),
    ...flags,
  ]);
}
