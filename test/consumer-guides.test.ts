import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import type { AccessKey } from '../src/api/access-key.ts';
import { WORKLOADS } from '../src/api/core-types.ts';
import type { RestartTarget } from '../src/api/key-restart.ts';
import { KINDS } from '../src/api/kinds.ts';
import { type Emulator, startEmulator } from '../src/emulator/server.ts';
import type { KeyPair } from './support/account.ts';
import { type Manifest, typeOf } from './support/builders.ts';
import { startTestCluster, type TestCluster } from './support/cluster.ts';
import { blocksOf, CHECKOUT } from './support/guide-blocks.ts';
import { pairIn, secretOf } from './support/keys.ts';
import { hasPython, readIni } from './support/read-ini.ts';
import { imagesOf, indirectKeys, secretReferences } from './support/secret-references.ts';
import { openWorld, type World } from './support/world.ts';

/**
 * Every page of docs/guides/consumers: what is ours in it is applied as it stands, and whatever the program's own part names
 * in a Secret is there when the operator is done.
 */

const FOLDER = 'docs/guides/consumers';
const PAGES = readdirSync(new URL(FOLDER, CHECKOUT)).filter((name) => name.endsWith('.md') && name !== 'README.md');
const APPLIED = new Set(['Secret', ...KINDS.map(({ type }) => type.kind)]);
const ACCEPT = 's3.cloud37.dev/accept-merge';

/** What programs read in a Secret that they name as a whole. Sources: their own documents, named in the presets. */
const READ_BY: Readonly<Record<string, readonly string[]>> = {
  LokiStack: ['bucketnames', 'endpoint', 'region', 'access_key_id', 'access_key_secret'],
  TempoStack: ['bucket', 'endpoint', 'access_key_id', 'access_key_secret'],
  PostgresCluster: ['s3.conf'],
  ReplicationSource: ['RESTIC_REPOSITORY', 'RESTIC_PASSWORD', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  restic: ['RESTIC_REPOSITORY', 'RESTIC_PASSWORD', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  registry: ['REGISTRY_STORAGE_S3_ACCESSKEY', 'REGISTRY_STORAGE_S3_SECRETKEY'],
};

interface Page {
  readonly applied: readonly Manifest[];
  /** What is for the program: manifests and values of charts. */
  readonly consumers: readonly Manifest[];
}

function pageOf(name: string): Page {
  const yaml = blocksOf(`${FOLDER}/${name}`).filter(({ language }) => language === 'yaml');
  const documents = yaml.flatMap(({ text, line }) =>
    parseAllDocuments(text).map((each) => {
      assert.deepEqual(each.errors, [], `${name}:${line}`);
      return each.toJS() as Manifest;
    }),
  );
  return {
    applied: documents.filter(({ kind }) => APPLIED.has(kind)),
    consumers: documents.filter(({ kind }) => !APPLIED.has(kind)),
  };
}

/** The manifest where the namespace is the one of the test. */
function inNamespace(world: World, { metadata, ...rest }: Manifest): Manifest {
  const consent = metadata.annotations?.[ACCEPT];
  if (consent === undefined) return { ...rest, metadata };
  const annotations = { ...metadata.annotations, [ACCEPT]: `${world.namespace}/${consent.split('/')[1] ?? ''}` };
  return { ...rest, metadata: { ...metadata, annotations } };
}

/** A Secret that the operator wrote. */
interface Written {
  readonly texts: Readonly<Record<string, string>>;
  /** The key that it has to hold. */
  readonly pair: KeyPair;
}

type Secrets = ReadonlyMap<string, Written>;

/** All outputs of the AccessKeys of the namespace, by their names. */
async function writtenSecrets(world: World): Promise<Secrets> {
  const { items } = await world.cluster.admin.list<AccessKey>(typeOf('AccessKey'), world.namespace);
  const secrets = new Map<string, Written>();
  for (const { metadata, status } of items) {
    const pair = await pairIn(world, `${metadata.name}-credentials`);
    for (const { name } of status?.outputs ?? []) {
      const entries = Object.entries((await secretOf(world, name))?.data ?? {});
      const texts = entries.map(([key, text]) => [key, Buffer.from(text, 'base64').toString('utf8')]);
      secrets.set(name, { texts: Object.fromEntries(texts), pair });
    }
  }
  return secrets;
}

describe('guides of consumers', () => {
  let cluster: TestCluster;
  let emulator: Emulator;

  before(async () => {
    cluster = await startTestCluster();
    emulator = await startEmulator();
  });
  after(async () => {
    await emulator.stop();
    await cluster.stop();
  });

  for (const name of PAGES) {
    test(`${name}: what the program's part names stands in the Secrets that the operator writes`, async (t) => {
      const page = pageOf(name);
      const { applied, consumers } = page;
      const world = await openWorld({ cluster, emulator });
      t.after(() => world.close());
      for (const document of applied) await world.apply(inNamespace(world, document));
      for (const { kind, metadata } of applied) {
        if (kind === 'Secret') continue;
        await world.reaches(kind, metadata.name, 'Ready', 'True');
        await world.reaches(kind, metadata.name, 'Synced', 'True');
      }
      await world.settle();
      const secrets = await writtenSecrets(world);
      assert.ok(secrets.size > 0 && consumers.length > 0);
      expectReferences(name, consumers, secrets);
      expectReadable(name, secrets);
      expectBuckets(page, name, secrets);
      expectRestarts(page, name);
    });
  }
});

/** Each reference leads to a Secret of ours and to a key in it, and each Secret of ours is named. */
function expectReferences(page: string, consumers: Page['consumers'], secrets: Secrets): void {
  const named = new Set<string>();
  for (const consumer of consumers) {
    const indirect = indirectKeys(consumer);
    for (const { path, secret, key } of secretReferences(consumer)) {
      const where = `${page}: ${consumer.kind ?? 'values'} ${path}`;
      const found = secrets.get(secret);
      assert.ok(found, `${where}: there is no Secret ${secret} among ${[...secrets.keys()].join(', ')}`);
      const keys = key === undefined ? [...readBy(consumer), ...indirect] : [key];
      assert.ok(keys.length > 0, `${where}: nothing says what it reads in ${secret}`);
      for (const each of keys) {
        assert.ok(found.texts[each], `${where}: ${secret} has no ${each}, only ${Object.keys(found.texts).join(', ')}`);
      }
      named.add(secret);
    }
  }
  const unnamed = [...secrets.keys()].filter((secret) => !named.has(secret));
  assert.deepEqual(unnamed, [], `${page}: named by no program`);
}

function readBy(consumer: Manifest): readonly string[] {
  const program = [consumer.kind, ...imagesOf(consumer), consumer['persistence'] && 'registry'];
  return program.flatMap((name) => READ_BY[String(name)] ?? []);
}

/** A parser that was not made for us finds both halves of the key in each Secret. */
function expectReadable(page: string, secrets: Secrets): void {
  for (const [name, { texts, pair }] of secrets) {
    const values = Object.values(texts);
    const files = values.filter((text) => text.includes('\n'));
    if (files.some(isIni) && !hasPython) continue;
    const read = [...values, ...files.map((text) => (isIni(text) ? readIni([text]) : parse(text)))];
    const found = JSON.stringify(read);
    for (const half of [pair.accessKeyId, pair.secretAccessKey]) {
      assert.ok(half !== '' && found.includes(JSON.stringify(half)), `${page}: ${name} does not give the key back`);
    }
  }
}

function isIni(text: string): boolean {
  return text.startsWith('[');
}

/** The program hears of each bucket, either by its own part or by a Secret. */
function expectBuckets({ applied, consumers }: Page, page: string, secrets: Secrets): void {
  const told = JSON.stringify([consumers, [...secrets.values()]]);
  for (const { kind, spec } of applied) {
    if (kind !== 'Bucket') continue;
    const { name } = spec as { readonly name: string };
    assert.ok(told.includes(name), `${page}: nobody tells the program of bucket ${name}`);
  }
}

/** Workloads of the page never read a Secret again: the key restarts them. */
function expectRestarts({ applied, consumers }: Page, page: string): void {
  const restarted = applied.flatMap(({ spec = {} }) => {
    const { restart, autoManage } = spec as RestartSpec;
    return restart ?? autoManage?.restart ?? [];
  });
  for (const { kind, metadata } of consumers) {
    if (!Object.hasOwn(WORKLOADS, kind)) continue;
    const isNamed = restarted.some((target) => target.kind === kind && target.name === metadata.name);
    assert.ok(isNamed, `${page}: ${kind} ${metadata.name} goes on with the old key`);
  }
}

interface RestartSpec {
  readonly restart?: readonly RestartTarget[];
  readonly autoManage?: { readonly restart?: readonly RestartTarget[] };
}

test('references to Secrets are found by whatever name they go', () => {
  const manifest = {
    volumes: [{ name: 'a', secret: { secretName: 'mounted' } }],
    mounts: [{ name: 'a', mountPath: '/etc/a' }],
    args: ['--file=/etc/a/file.yml', '${VARIABLE} $(OTHER)'],
    envFrom: [{ secretRef: { name: 'whole' } }],
    backend: { passwordSecretRef: { name: 'one', key: 'k' }, credential: { name: 'two', key: 'k' } },
    values: { config: { secret: 'three', key: 'k' }, existingSecret: 'four' },
    restic: { repository: 'five', pruneIntervalDays: 1 },
    plain: { name: 'not-a-secret' },
  };
  assert.deepEqual(
    secretReferences(manifest).map(({ path, secret, key }) => [path, secret, key ?? '']),
    [
      ['volumes[0].secret', 'mounted', ''],
      ['envFrom[0].secretRef', 'whole', ''],
      ['backend.passwordSecretRef', 'one', 'k'],
      ['backend.credential', 'two', 'k'],
      ['values', 'four', ''],
      ['values.config', 'three', 'k'],
      ['restic', 'five', ''],
    ],
  );
  assert.deepEqual(indirectKeys(manifest), ['VARIABLE', 'OTHER', 'file.yml']);
});

test('the index has a row for each page', () => {
  const index = readFileSync(new URL(`${FOLDER}/README.md`, CHECKOUT), 'utf8');
  assert.deepEqual(
    PAGES.filter((name) => !index.includes(`](${name})`)),
    [],
  );
});
