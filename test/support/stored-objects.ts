import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Crd, crdOf } from '../../src/api/crd.ts';
import type { KindDefinition } from '../../src/api/kind-definition.ts';
import { KINDS } from '../../src/api/kinds.ts';
import { SCHEMA_CASES } from '../../src/api/testing/cases.ts';
import type { Draft, SchemaCase } from '../../src/api/testing/schema-case.ts';
import { type Answer, type Client, connect, type Server } from '../conformance/client.ts';
import { isEstablished } from '../conformance/crds.ts';
import { at } from '../conformance/json.ts';
import { frozenDefinitions, frozenVersions } from './frozen-definitions.ts';
import { looseVersions } from './predecessor-chart.ts';
import { until } from './until.ts';

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const MERGE = 'application/merge-patch+json';
const NAMESPACE = 'default';
/** A column that only today's definition has: once the server shows it, the whole definition is in force. */
const MARK = { name: 'Renewed', type: 'string', jsonPath: '.metadata.name' };

/** Where objects were stored: by the predecessor, whose definitions took every field, or by a release of ours. */
type Origin = { readonly name: string; readonly versionsOf: (kind: KindDefinition) => readonly object[] };

const origins: readonly Origin[] = [
  { name: 'the predecessor', versionsOf: ({ type }) => looseVersions([type]) },
  ...frozenVersions().map((version) => {
    const frozen = frozenDefinitions(version);
    const versionsOf = ({ type }: KindDefinition) =>
      frozen.find(({ spec }) => spec.names.kind === type.kind)?.spec.versions ?? assert.fail(`${version} has none`);
    return { name: `release ${version}`, versionsOf };
  }),
];

/** Objects that a server took: new ones that are accepted, and what was stored before our time. */
function drafts(kind: string, origin: Origin): readonly { readonly title: string; readonly draft: Draft }[] {
  const isOld = origin.name === 'the predecessor';
  const storedAs = ({ from, to, isStoredBefore, refusal }: SchemaCase): Draft | undefined => {
    if (isStoredBefore === true) return isOld ? from : undefined;
    return from ?? (refusal === undefined ? to : undefined);
  };
  const seen = new Set<string>();
  return SCHEMA_CASES.filter((each) => each.kind === kind).flatMap((each) => {
    const draft = storedAs(each);
    const text = JSON.stringify(draft);
    if (draft === undefined || seen.has(text)) return [];
    seen.add(text);
    return [{ title: each.title, draft }];
  });
}

/** What one server does with objects that were stored under older definitions, once today's are in force. */
export function describeStoredObjects(what: string, start: () => Promise<{ server: Server; stop(): Promise<void> }>) {
  describe(what, () => {
    let client: Client | undefined;
    let stop: (() => Promise<void>) | undefined;
    before(async () => {
      const started = await start();
      client = connect(started.server);
      stop = () => started.stop();
    });
    after(async () => {
      await client?.close();
      await stop?.();
    });
    for (const [number, origin] of origins.entries()) {
      for (const kind of KINDS) {
        test(`${kind.type.kind} of ${origin.name}: read, status written and applied again under today's definition`, () =>
          outlives(client ?? assert.fail('no server'), kind, origin, `stored${number}.s3.cloud37.dev`));
      }
    }
  });
}

async function outlives(client: Client, kind: KindDefinition, origin: Origin, group: string): Promise<void> {
  const { plural, version, kind: name } = kind.type;
  const collection = `/apis/${group}/${version}/namespaces/${NAMESPACE}/${plural}`;
  const definition = `${DEFINITIONS}/${plural}.${group}`;
  const today = crdOf(kind);
  const older = {
    ...inGroup(today, group),
    spec: { ...inGroup(today, group).spec, versions: origin.versionsOf(kind) },
  };
  await ok(client.call('POST', DEFINITIONS, { body: older }));
  await until('the older definition serves', async () => isEstablished((await client.call('GET', definition)).body));
  await until('its objects can be listed', async () => (await client.call('GET', collection)).status === 200);
  const stored = new Map<string, { readonly manifest: object; readonly object: unknown; readonly title: string }>();
  for (const [index, { title, draft }] of drafts(name, origin).entries()) {
    const { status, ...rest } = { status: undefined, ...draft };
    const metadata = { name: `case-${index}` };
    const manifest = { apiVersion: `${group}/${version}`, kind: name, metadata, ...rest };
    await ok(client.call('POST', collection, { body: manifest }), title);
    const path = `${collection}/${metadata.name}`;
    if (status !== undefined) {
      await ok(client.call('PATCH', `${path}/status`, { body: { status }, contentType: MERGE }), title);
    }
    stored.set(path, { manifest, object: (await ok(client.call('GET', path))).body, title });
  }
  assert.ok(stored.size > 1, `only ${stored.size} objects`);
  const [only] = today.spec.versions;
  const versions = [{ ...only, additionalPrinterColumns: [...only.additionalPrinterColumns, MARK] }];
  await ok(client.call('PATCH', definition, { body: { spec: { versions } }, contentType: MERGE }));
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
  await until("today's definition serves", async () =>
    (await client.call('GET', collection, { accept })).text.includes(MARK.name),
  );
  for (const [path, { manifest, object, title }] of stored) await isKept(client, path, manifest, object, title);
  await ok(client.call('DELETE', definition));
}

/** The object is as it was stored, but for defaults; its status can be written, and its manifest be applied again. */
async function isKept(client: Client, path: string, manifest: object, stored: unknown, title: string): Promise<void> {
  const { body } = await ok(client.call('GET', path), title);
  for (const part of ['spec', 'status']) {
    if (at(stored, part) !== undefined) assert.partialDeepStrictEqual(at(body, part), at(stored, part), title);
  }
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  const condition = { type: 'Ready', status: 'True', reason: 'InSync', message: '', lastTransitionTime };
  const status = { conditions: [{ ...condition, observedGeneration: 1 }] };
  await ok(client.call('PATCH', `${path}/status`, { body: { status }, contentType: MERGE }), title);
  const query = { fieldManager: 'gitops', force: 'true' };
  const contentType = 'application/apply-patch+yaml';
  await ok(client.call('PATCH', path, { body: JSON.stringify(manifest), contentType, query }), title);
  const read = await ok(client.call('GET', path), title);
  const replaced = await ok(client.call('PUT', path, { body: read.body }), title);
  assert.partialDeepStrictEqual(at(replaced.body, 'spec') ?? {}, at(stored, 'spec') ?? {}, title);
}

function inGroup(crd: Crd, group: string) {
  return { ...crd, metadata: { name: `${crd.spec.names.plural}.${group}` }, spec: { ...crd.spec, group } };
}

async function ok(answering: Promise<Answer>, title = ''): Promise<Answer> {
  const answer = await answering;
  assert.ok(answer.status < 300, `${title}: ${answer.text}`);
  return answer;
}
