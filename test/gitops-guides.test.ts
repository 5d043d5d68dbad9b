import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Application } from '@kubernetes-models/argo-cd/argoproj.io/v1alpha1';
import { HelmRelease } from '@kubernetes-models/flux-cd/helm.toolkit.fluxcd.io/v2';
import { Kustomization } from '@kubernetes-models/flux-cd/kustomize.toolkit.fluxcd.io/v1';
import { OCIRepository } from '@kubernetes-models/flux-cd/source.toolkit.fluxcd.io/v1';
import { Environment } from '@marcbachmann/cel-js';
import { type LuaEngine, LuaFactory } from 'wasmoon';
import { parse, parseAllDocuments } from 'yaml';
import type { ManagedResource } from '../src/managed/kind.ts';
import type { Outcome, Reading } from '../src/managed/outcome.ts';
import { statusFor } from '../src/managed/status.ts';
import { ReconcileError } from '../src/runtime/errors.ts';
import { bucket } from './support/builders.ts';
import { blocksOf } from './support/guide-blocks.ts';
import { type KStatus, kstatusOf } from './support/kstatus.ts';

interface Document {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly healthCheckExprs?: readonly HealthCheck[]; readonly values?: object };
}

interface HealthCheck {
  readonly kind: string;
  readonly inProgress: string;
  readonly failed: string;
  readonly current: string;
}

/** Every YAML document of a page. */
function documentsOf(page: string): readonly Document[] {
  const blocks = blocksOf(page).filter(({ language }) => language === 'yaml');
  return blocks.flatMap(({ text }) =>
    parseAllDocuments(text).map((document): Document => {
      assert.deepEqual(document.errors, []);
      return document.toJS();
    }),
  );
}

const flux = documentsOf('docs/guides/flux.md');
const argo = documentsOf('docs/guides/argo-cd.md');
const models = { Application, HelmRelease, Kustomization, OCIRepository };

for (const document of [...flux, ...argo]) {
  const { kind, metadata } = document;
  test(`guides: ${kind} ${metadata.name} is one`, () => {
    const Model = Object.entries(models).find(([name]) => name === kind)?.[1];
    if (Model === undefined) return assert.ok(['ConfigMap', 'Namespace'].includes(kind), `nothing checks ${kind}`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- validate() is what tells
    new Model(document as never).validate();
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same
    assert.throws(() => new Model({ ...document, spec: { nonsense: 1 } } as never).validate(), 'and nothing else');
  });
}

/** The health check of all our kinds, as Argo CD looks it up. */
function healthScript(): string {
  const { data = {} } = argo.find(({ kind }) => kind === 'ConfigMap') ?? assert.fail('no ConfigMap');
  for (const key of Object.keys(data)) assert.match(key, /^[-._a-zA-Z0-9]+$/, 'a key of a ConfigMap');
  const customizations: Readonly<Record<string, { readonly 'health.lua': string }>> = parse(
    data['resource.customizations'] ?? '',
  );
  assert.deepEqual(Object.keys(customizations), ['s3.cloud37.dev/*']);
  return customizations['s3.cloud37.dev/*']?.['health.lua'] ?? assert.fail('no health.lua');
}

const NOW = Date.parse('2026-03-01T12:00:00Z');
const reading: Reading = {
  target: { provider: { namespace: 'a', name: 'p' }, accountId: '1', region: 'eu-central-2', name: 'logs' },
  kindStatus: { fields: {} },
  isFound: true,
  identity: 'id-1',
  found: [],
  applied: [],
  told: [],
};

function fresh(spec: object = {}): ManagedResource {
  const { apiVersion, kind, spec: given } = bucket('logs', spec);
  const metadata = {
    name: 'logs',
    namespace: 'a',
    uid: 'u',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-03-01T12:00:00Z',
  };
  return { apiVersion, kind, metadata, spec: { ...given } };
}

/** The object as the operator leaves it after that outcome. */
function passed(resource: ManagedResource, outcome: Outcome): ManagedResource {
  const merged = { ...resource.status, ...statusFor(resource, outcome, NOW) };
  const status = Object.fromEntries(
    Object.entries(merged).filter(([, value]) => value !== null && value !== undefined),
  );
  return { ...resource, status };
}

function edited(resource: ManagedResource, spec: object = {}): ManagedResource {
  const generation = (resource.metadata.generation ?? 0) + 1;
  return { ...resource, metadata: { ...resource.metadata, generation }, spec: { ...resource.spec, ...spec } };
}

function deleted(resource: ManagedResource): ManagedResource {
  return { ...resource, metadata: { ...resource.metadata, deletionTimestamp: '2026-03-01T12:00:00Z' } };
}

/** As the predecessor could store one. */
function bare(resource: ManagedResource): ManagedResource {
  const { spec: _spec, ...rest } = resource;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what the API server may give, against the type
  return rest as ManagedResource;
}

const inSync: Outcome = { type: 'InSync', reading };
const failing = (type: 'InvalidSpec' | 'DependencyNotReady' | 'Transient'): Outcome => ({
  type: 'Failed',
  error: new ReconcileError(type, 'spec.name: what is wrong'),
});
const ready = passed(fresh(), inSync);

type Health = 'Healthy' | 'Progressing' | 'Degraded' | 'Suspended';

const rows: readonly (readonly [title: string, object: ManagedResource, kstatus: KStatus, health: Health])[] = [
  ['is usable', ready, 'Current', 'Healthy'],
  ['was edited, and not looked at yet', edited(ready), 'InProgress', 'Progressing'],
  ['was edited, and is as it should be', passed(edited(ready), inSync), 'Current', 'Healthy'],
  ['waits for something else', passed(fresh(), failing('DependencyNotReady')), 'InProgress', 'Progressing'],
  ['could not be made yet', passed(fresh(), failing('Transient')), 'InProgress', 'Progressing'],
  ['was usable, and cannot be reached', passed(ready, failing('Transient')), 'InProgress', 'Progressing'],
  ['is wrong', passed(fresh(), failing('InvalidSpec')), 'Failed', 'Degraded'],
  ['was edited and is wrong now', passed(edited(ready), failing('InvalidSpec')), 'Failed', 'Degraded'],
  ['has no spec', bare(passed(fresh(), failing('InvalidSpec'))), 'Failed', 'Degraded'],
  [
    'has no spec, and is not called wrong yet',
    bare(passed(fresh(), failing('Transient'))),
    'InProgress',
    'Progressing',
  ],
  ['was wrong, and was mended', edited(passed(fresh(), failing('InvalidSpec'))), 'InProgress', 'Progressing'],
  [
    'is the bucket of somebody else',
    passed(fresh(), {
      type: 'NotOurs',
      reason: 'AlreadyExists',
      message: 'it is there',
      resourceVersion: '1',
      pending: undefined,
    }),
    'Failed',
    'Degraded',
  ],
  ['is suspended', passed(edited(ready, { suspend: true }), { type: 'Suspended' }), 'Current', 'Suspended'],
  [
    'observes, and would change something',
    passed(fresh(), { type: 'Observed', reading, pending: ['versioning'] }),
    'Current',
    'Healthy',
  ],
  ['is being deleted', deleted(ready), 'Terminating', 'Progressing'],
  [
    'is kept from being deleted',
    passed(deleted(ready), { type: 'Blocked', reason: 'BucketNotEmpty', message: 'it is not empty' }),
    'Terminating',
    'Progressing',
  ],
];

describe('health of an object that', () => {
  const script = healthScript();
  let lua: LuaEngine;
  before(async () => {
    lua = await new LuaFactory().createEngine({ openStandardLibs: true });
  });
  after(() => lua.global.close());

  /** As Argo CD runs it: the object is `obj`, of plain tables. */
  async function argoHealth(object: ManagedResource): Promise<{ readonly status: string; readonly message: string }> {
    const answer: unknown = await lua.doString(`local obj = ${luaTable(object)}\n${script}`);
    assert.ok(typeof answer === 'object' && answer !== null && 'status' in answer && 'message' in answer);
    return { status: String(answer.status), message: String(answer.message) };
  }

  const checks = flux.flatMap(({ spec }) => spec?.healthCheckExprs ?? []);

  for (const [title, object, kstatus, health] of rows) {
    test(title, async () => {
      assert.equal(kstatusOf(object), kstatus);
      const told = await argoHealth(object);
      assert.equal(told.status, health);
      assert.notEqual(told.message, '');
      const isTold = object.status?.conditions?.some(({ message = '' }) => told.message.includes(message));
      if (health === 'Degraded') assert.ok(isTold, told.message);
      if (object.metadata.deletionTimestamp === undefined)
        assert.deepEqual(
          checks.map((check) => fluxStatus(check, object)),
          [kstatus],
        );
    });
  }

  test('nobody has looked at', async () => {
    assert.equal(kstatusOf(fresh()), 'Current', 'kstatus cannot know');
    assert.equal((await argoHealth(fresh())).status, 'Progressing');
    assert.deepEqual(
      checks.map((check) => fluxStatus(check, fresh())),
      ['InProgress'],
    );
  });
});

const environment = new Environment({ unlistedVariablesAreDyn: true });

/** As Flux asks: in this order, and what cannot be evaluated yet is in progress. */
function fluxStatus({ inProgress, failed, current }: HealthCheck, object: ManagedResource): KStatus {
  const holds = (expression: string) =>
    environment.evaluate(expression, { ...JSON.parse(JSON.stringify(object)) }) === true;
  try {
    if (holds(inProgress)) return 'InProgress';
    if (holds(failed)) return 'Failed';
    return holds(current) ? 'Current' : 'InProgress';
  } catch {
    return 'InProgress';
  }
}

/** A JSON value as Lua writes it. */
function luaTable(value: unknown): string {
  if (Array.isArray(value)) return `{${value.map(luaTable).join(', ')}}`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, child]) => child !== undefined);
    return `{${entries.map(([name, child]) => `[${JSON.stringify(name)}] = ${luaTable(child)}`).join(', ')}}`;
  }
  return value === null || value === undefined ? 'nil' : JSON.stringify(value);
}
