import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { crdOf } from '../../src/api/crd.ts';
import type { KindDefinition } from '../../src/api/kind-definition.ts';
import { KINDS } from '../../src/api/kinds.ts';
import { specChecker } from '../../src/api/spec-problem.ts';
import { SCHEMA_CASES } from '../../src/api/testing/cases.ts';
import type { Draft } from '../../src/api/testing/schema-case.ts';
import { ruleVerdicts } from '../../src/api/testing/verdict.ts';
import type { Answer, Client } from '../conformance/client.ts';

// A group of our own: other suites use the real one at the same time, and these CRDs change under way.
const group = 'schemas.s3.cloud37.dev';
const namespace = 'default';
const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const patienceMs = 60_000;

/** Takes everything, as a stand-in for what was stored under an earlier schema. */
const permissive = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function crdIn(definition: KindDefinition, schema?: object): { metadata: { name: string }; spec: object } {
  const crd = crdOf(definition);
  const [version] = crd.spec.versions;
  const versions = schema === undefined ? [version] : [{ ...version, schema: { openAPIV3Schema: schema } }];
  return { ...crd, metadata: { name: `${definition.type.plural}.${group}` }, spec: { ...crd.spec, group, versions } };
}

function pathOf(definition: KindDefinition, name = ''): string {
  const base = `/apis/${group}/${definition.type.version}/namespaces/${namespace}/${definition.type.plural}`;
  return name === '' ? base : `${base}/${name}`;
}

function objectOf(definition: KindDefinition, name: string, draft: Draft): object {
  const { kind, version } = definition.type;
  return { apiVersion: `${group}/${version}`, kind, metadata: { name }, ...draft };
}

/** Asks until the answer is as wanted; the API server takes a moment to serve a schema. */
async function until(ask: () => Promise<Answer>, isWanted: (answer: Answer) => boolean): Promise<Answer> {
  const endMs = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > endMs) throw new Error(`not as wanted after ${patienceMs} ms: ${answer.text}`);
    await delay(50);
  }
}

/** What a refusal says to people. */
function messageOf({ body }: Answer): string {
  assert.ok(typeof body === 'object' && body !== null && 'message' in body && typeof body.message === 'string');
  return body.message;
}

function ok(answer: Answer): Answer {
  assert.ok(answer.status < 300, answer.text);
  return answer;
}

async function install(client: Client, definition: KindDefinition): Promise<void> {
  const name = `${definition.type.plural}.${group}`;
  await until(
    () => client.call('DELETE', `${crds}/${name}`),
    ({ status }) => status === 404,
  );
  ok(await client.call('POST', crds, { body: crdIn(definition, permissive) }));
  await until(
    () => client.call('GET', pathOf(definition)),
    ({ status }) => status === 200,
  );
}

async function store(client: Client, definition: KindDefinition, name: string, draft: Draft): Promise<void> {
  ok(await client.call('POST', pathOf(definition), { body: objectOf(definition, name, draft) }));
  if (draft.status === undefined) return;
  const body = { status: draft.status };
  const contentType = 'application/merge-patch+json';
  ok(await client.call('PATCH', `${pathOf(definition, name)}/status`, { body, contentType }));
}

/** What `kubectl replace` does with the object as it is stored. */
async function replace(client: Client, definition: KindDefinition, name: string, to: Draft): Promise<Answer> {
  const stored = ok(await client.call('GET', pathOf(definition, name))).body;
  assert.ok(typeof stored === 'object' && stored !== null);
  const { spec: _spec, ...rest } = stored as { readonly spec?: unknown };
  return client.call('PUT', pathOf(definition, name), {
    body: { ...rest, ...('spec' in to ? { spec: to.spec } : {}) },
  });
}

/** The schemas on one API server. @param open connects to it, before the first test; the suite closes it */
export function describeSchemas(title: string, open: () => Promise<Client>): void {
  describe(title, () => {
    let client: Client;
    const cases = SCHEMA_CASES.map((each, index) => ({ ...each, name: each.name ?? `case-${index}` }));
    const answers = new Map<string, Answer>();

    before(async () => {
      client = await open();
      for (const definition of KINDS) {
        await install(client, definition);
        for (const { kind, from, isStoredBefore, name } of cases) {
          if (kind !== definition.type.kind || isStoredBefore !== true || from === undefined) continue;
          await store(client, definition, name, from);
        }
        const name = `${definition.type.plural}.${group}`;
        const contentType = 'application/merge-patch+json';
        const body = crdIn(definition);
        answers.set(definition.type.kind, await client.call('PATCH', `${crds}/${name}`, { body, contentType }));
        await until(
          () =>
            client.call('POST', pathOf(definition), {
              body: objectOf(definition, 'empty', {}),
              query: { dryRun: 'All' },
            }),
          ({ status }) => status === 422,
        );
      }
    });
    after(async () => {
      for (const { type } of KINDS) await client.call('DELETE', `${crds}/${type.plural}.${group}`);
      await client.close();
    });

    test('Bucket: null is kept where it says "must be gone", and dropped elsewhere', async () => {
      const definition = KINDS.find(({ type }) => type.kind === 'Bucket');
      assert.ok(definition);
      const spec = { providerRef: { name: 'a' }, name: 'team-a-logs', lifecycle: null, cors: null, versioning: null };
      const body = objectOf(definition, 'nulls', { spec });
      const stored = ok(await client.call('POST', pathOf(definition), { body })).body as { readonly spec: object };
      const defaults = { deletionPolicy: 'Retain', forceDelete: false };
      const { versioning: _dropped, ...kept } = spec;
      assert.deepEqual(stored.spec, { ...kept, ...defaults });
    });

    for (const definition of KINDS) {
      const { kind } = definition.type;
      const checker = specChecker(definition);
      test(`${kind}: the CRD is taken without a warning and is structural`, async () => {
        const answer = answers.get(kind);
        assert.ok(answer);
        ok(answer);
        assert.equal(answer.headers['warning'], undefined);
        const crd = ok(await client.call('GET', `${crds}/${definition.type.plural}.${group}`)).text;
        assert.match(crd, /"type":"Established","status":"True"/);
        assert.match(crd, /"type":"NamesAccepted","status":"True"/);
        assert.doesNotMatch(crd, /NonStructuralSchema/);
      });

      test(`${kind}: kubectl get shows the columns`, async () => {
        const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
        const table = ok(await client.call('GET', pathOf(definition), { accept })).body as {
          readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[];
        };
        const shown = table.columnDefinitions.map(({ name, priority }) => ({ name, isWide: priority > 0 }));
        const wanted = definition.columns.map(({ name, priority }) => ({ name, isWide: priority !== undefined }));
        assert.deepEqual(shown, [{ name: 'Name', isWide: false }, ...wanted]);
      });

      for (const { title, from, to, isStoredBefore, refusal, name } of cases.filter((each) => each.kind === kind)) {
        test(`${kind}, ${title}: ${refusal === undefined ? 'accepted' : 'refused'}`, async () => {
          if (from !== undefined && isStoredBefore !== true) await store(client, definition, name, from);
          const answer =
            from === undefined
              ? await client.call('POST', pathOf(definition), { body: objectOf(definition, name, to) })
              : await replace(client, definition, name, to);
          if (refusal === undefined) {
            ok(answer);
            return;
          }
          assert.ok(answer.status === 422 && answer.text.includes(refusal), answer.text);
          const asked = ruleVerdicts(definition, { to, from, name });
          const broken = asked.flatMap(({ rule, isHeld }) => (isHeld ? [] : [rule.message]));
          const own = from === undefined && broken.length === 0 ? checker.specProblem(to) : undefined;
          const words = [...broken, ...(own === undefined ? [] : [own])];
          const said = messageOf(answer);
          assert.deepEqual(
            words.filter((word) => !said.includes(word)),
            [],
            said,
          );
        });
      }
    }
  });
}
