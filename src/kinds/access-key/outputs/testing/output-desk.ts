import type { TestContext } from 'node:test';
import { until } from '../../../../../test/support/cluster.ts';
import type { AccessKey } from '../../../../api/access-key.ts';
import { CONFIG_MAPS, NAMESPACES, SECRETS } from '../../../../api/core-types.ts';
import type { KeyOutput, RecordedOutput } from '../../../../api/key-outputs.ts';
import { GROUP } from '../../../../api/meta.ts';
import { Lookup } from '../../../../managed/lookup.ts';
import type { ReferenceGrant } from '../../../../managed/references.ts';
import { Credential } from '../../../../runtime/credential.ts';
import { type ReconcileError, toReconcileError } from '../../../../runtime/errors.ts';
import type { Kube } from '../../../../runtime/kube.ts';
import { startDevKube } from '../../../testing/dev-kube.ts';
import { applyOutput } from '../apply.ts';
import { desiredOutputs } from '../desired.ts';
import { type ObservedOutput, outputFailure, outputSteps, recordAfter, recordOf } from '../diff.ts';
import type { DataObject } from '../objects.ts';
import { type OutputClient, observeOutputs } from '../observe.ts';
import { KEY_TEXT } from './values.ts';

const PROVIDER = { endpoint: 'https://s3.eu-central-2.wasabisys.com', region: 'eu-central-2', pathStyle: true };
/** The id of the key in these tests. */
export const KEY_ID = 'AKIAEXAMPLE000000001';

/** What one pass did. */
export interface OutputPass {
  /** As read before the first step. */
  readonly before: readonly ObservedOutput[];
  readonly steps: readonly string[];
  readonly errors: readonly ReconcileError[];
  readonly failure: ReconcileError | undefined;
}

/** An AccessKey `team-a/app` in a development control plane that also has the namespace `apps`, without an operator. */
export class OutputDesk {
  readonly kube: Kube;
  readonly signal = AbortSignal.timeout(30_000);
  /** `status.outputs`, as the passes left it. */
  recorded: readonly RecordedOutput[] = [];
  grants: ReferenceGrant[] = [];
  key: { readonly id: string; readonly secret: Credential } | undefined;
  readonly #uid: string;

  constructor(kube: Kube, uid: string) {
    this.kube = kube;
    this.#uid = uid;
    this.key = { id: KEY_ID, secret: new Credential(KEY_TEXT) };
  }

  get client(): OutputClient {
    const lookup = new Lookup(
      {
        get: () => undefined,
        referrers: () => [],
        namesakes: () => [],
        namespaceLabels: () => undefined,
        isTerminating: () => false,
        referenceGrants: (namespace) => this.grants.filter(({ metadata }) => metadata.namespace === namespace),
      },
      { allowLegacyCrossNamespace: false },
    );
    const metadata = {
      namespace: 'team-a',
      name: 'app',
      uid: this.#uid,
      resourceVersion: '1',
      creationTimestamp: '2026-05-01T12:00:00Z',
    };
    const resource: AccessKey = {
      apiVersion: `${GROUP}/v1alpha1`,
      kind: 'AccessKey',
      metadata,
      spec: { providerRef: { name: 'wasabi' }, userRef: { name: 'team-a' } },
    };
    return { kube: this.kube, lookup, resource };
  }

  /** One pass, as the reconciler makes it: read, record, write, read. Its kube may be one that fails. */
  async pass(outputs: readonly KeyOutput[], kube: Kube = this.kube): Promise<OutputPass> {
    const ownSecrets = ['app-credentials'];
    const client = { ...this.client, kube };
    const desired = desiredOutputs(outputs, { namespace: 'team-a', ownSecrets, provider: PROVIDER, user: 'team-a' });
    const read = () =>
      observeOutputs(client, { desired, recorded: this.recorded, ownSecrets, key: this.key }, this.signal);
    const before = await read();
    const steps = outputSteps(before);
    if (steps.length > 0) this.recorded = recordOf(before);
    const errors: ReconcileError[] = [];
    for (const step of steps) {
      await applyOutput(client, step, this.signal).catch((thrown: unknown) => errors.push(toReconcileError(thrown)));
    }
    const after = await read();
    this.recorded = recordAfter(after);
    const names = steps.map(({ type, output }) => `${type} ${output.type} ${output.object.kind} ${output.object.name}`);
    return { before, steps: names, errors, failure: outputFailure(after) };
  }

  secret(name: string, namespace = 'team-a'): Promise<DataObject | undefined> {
    return this.kube.get<DataObject>(SECRETS, { namespace, name });
  }

  configMap(name: string, namespace = 'team-a'): Promise<DataObject | undefined> {
    return this.kube.get<DataObject>(CONFIG_MAPS, { namespace, name });
  }

  /** The data of a Secret as text; undefined: there is none. */
  async texts(name: string, namespace?: string): Promise<Readonly<Record<string, string>> | undefined> {
    const found = await this.secret(name, namespace);
    if (found === undefined) return undefined;
    const entries = Object.entries(found.data ?? {});
    return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]));
  }

  /** Somebody else makes a Secret. */
  async makeSecret(name: string, data: Readonly<Record<string, string>>, metadata: object = {}): Promise<DataObject> {
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name, ...metadata }, stringData: data };
    return this.kube.create<DataObject>(SECRETS, 'team-a', body);
  }

  /** Somebody else changes a Secret. */
  async editSecret(name: string, body: object, namespace = 'team-a'): Promise<void> {
    await this.kube.patch(SECRETS, { namespace, name }, { type: 'merge', body });
  }

  /** Somebody else deletes a Secret. */
  async removeSecret(name: string): Promise<void> {
    await this.kube.delete(SECRETS, { namespace: 'team-a', name });
  }

  /** Somebody deletes the namespace `apps`, and it is gone. */
  async removeNamespace(): Promise<void> {
    const key = { namespace: '', name: 'apps' };
    await this.kube.delete(NAMESPACES, key);
    await until('the namespace is gone', async () => (await this.kube.get(NAMESPACES, key)) === undefined);
  }

  /** The owner of the namespace `apps` lets AccessKeys of `team-a` write there. */
  grant(kind: 'Secret' | 'ConfigMap'): void {
    const metadata = {
      namespace: 'apps',
      name: `from-team-a-${kind.toLowerCase()}`,
      uid: kind,
      resourceVersion: '1',
      creationTimestamp: '2026-05-01T12:00:00Z',
    };
    const from = [{ group: GROUP, kind: 'AccessKey', namespace: 'team-a' }];
    const spec = { from, to: [{ group: '', kind }] };
    this.grants.push({ apiVersion: 'gateway.networking.k8s.io/v1beta1', kind: 'ReferenceGrant', metadata, spec });
  }
}

/** Starts the control plane; it ends with the test. */
export async function startOutputDesk(t: TestContext): Promise<OutputDesk> {
  const { kube } = await startDevKube(t);
  for (const name of ['team-a', 'apps']) {
    await kube.create(NAMESPACES, '', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  return new OutputDesk(kube, '7c2f3b9e-0000-4000-8000-000000000001');
}
