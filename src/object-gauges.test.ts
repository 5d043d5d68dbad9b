import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ManagedResource, StoredCondition } from './managed/kind.ts';
import { watchObjects } from './object-gauges.ts';
import { ObjectStore } from './runtime/store.ts';
import { Metrics } from './telemetry/metrics.ts';

const MADE = '2026-01-01T00:00:00Z';
const LATER = '2026-01-02T00:00:00Z';
const LAST = '2026-01-03T00:00:00Z';
const seconds = (time: string) => Date.parse(time) / 1_000;

/** One object, as much of it as gauges look at. */
interface Seen {
  readonly ready?: readonly [status: StoredCondition['status'], since: string];
  readonly spec?: object;
  readonly status?: object;
  readonly deletionTimestamp?: string;
}

function objectOf(kind: string, name: string, { ready, spec = {}, status, deletionTimestamp }: Seen): ManagedResource {
  const conditions =
    ready === undefined
      ? []
      : [{ type: 'Ready', status: ready[0], lastTransitionTime: ready[1], reason: 'x', message: '' }];
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind,
    metadata: { name, namespace: 'a', uid: name, resourceVersion: '1', creationTimestamp: MADE, deletionTimestamp },
    spec,
    status: { conditions, ...status },
  } as unknown as ManagedResource; // no more than gauges look at
}

/** The samples of a scrape, without the prefix of their names. */
async function scrape(
  objects: Readonly<Record<string, readonly Seen[]>>,
  name: string,
  observeOnly = false,
): Promise<readonly string[]> {
  const stores = new Map(
    Object.entries(objects).map(([kind, seen]) => {
      const store = new ObjectStore<ManagedResource>();
      const session = store.addFeed({ refresh: () => undefined, relist: () => undefined }).beginList();
      session.put(seen.map((each, index) => objectOf(kind, `it-${index}`, each)));
      session.end();
      return [kind, store] as const;
    }),
  );
  const metrics = new Metrics({ version: '1' });
  watchObjects(metrics, stores, { observeOnly });
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith(`wasabi_s3_operator_${name}{`));
  return lines.map((line) => line.slice(`wasabi_s3_operator_${name}`.length)).sort();
}

test('gauges: objects by condition, those without Ready and Synced as Unknown, zero told', async () => {
  const ready = (status: StoredCondition['status']) => ({ ready: [status, MADE] as const });
  const stalled = { status: { conditions: [{ type: 'Stalled', status: 'True' }] } };
  assert.deepEqual(await scrape({ Bucket: [ready('True'), ready('True'), ready('False'), stalled] }, 'objects'), [
    '{kind="Bucket",condition="Ready",status="False"} 1',
    '{kind="Bucket",condition="Ready",status="True"} 2',
    '{kind="Bucket",condition="Ready",status="Unknown"} 1',
    '{kind="Bucket",condition="Stalled",status="True"} 1',
    '{kind="Bucket",condition="Synced",status="False"} 0',
    '{kind="Bucket",condition="Synced",status="True"} 0',
    '{kind="Bucket",condition="Synced",status="Unknown"} 4',
  ]);
  assert.equal((await scrape({ Bucket: [] }, 'objects')).length, 6);
});

test('gauges: since when an object is not Ready, from its creation where no pass has said so', async () => {
  const notReady: Seen = { ready: ['False', LAST] };
  const name = 'not_ready_since_timestamp_seconds';
  assert.deepEqual(await scrape({ Bucket: [notReady, { ready: ['False', LATER] }], User: [{}] }, name), [
    `{kind="Bucket"} ${seconds(LATER)}`,
    `{kind="User"} ${seconds(MADE)}`,
  ]);
  const left: readonly Seen[] = [
    { ready: ['True', MADE] },
    { ready: ['False', MADE], spec: { suspend: true } },
    { ready: ['False', MADE], deletionTimestamp: LATER },
  ];
  assert.deepEqual(await scrape({ Bucket: left }, name), []);
});

test('gauges: since when a deletion goes on', async () => {
  const deleting = (deletionTimestamp: string): Seen => ({ deletionTimestamp });
  assert.deepEqual(await scrape({ User: [deleting(LAST), deleting(LATER), {}] }, 'deleting_since_timestamp_seconds'), [
    `{kind="User"} ${seconds(LATER)}`,
  ]);
});

test('gauges: how old keys are, and which rotation is due first, where nobody holds it', async () => {
  const key = (status: object, more: Seen = {}): Seen => ({ ...more, status });
  const AccessKey = [
    key({ lastRotateTime: LATER, nextRotateTime: LAST }),
    key({ lastRotateTime: MADE, nextRotateTime: LATER, frozen: true }),
    key({ nextRotateTime: LATER }, { spec: { suspend: true } }),
    key({ nextRotateTime: LATER }, { spec: { mode: 'Observe' } }),
    key({ nextRotateTime: LATER }, { deletionTimestamp: LATER }),
  ];
  assert.deepEqual(await scrape({ AccessKey }, 'access_key_oldest_timestamp_seconds'), [
    `{kind="AccessKey"} ${seconds(MADE)}`,
  ]);
  assert.deepEqual(await scrape({ AccessKey }, 'access_key_rotation_due_timestamp_seconds'), [
    `{kind="AccessKey"} ${seconds(LAST)}`,
  ]);
  const underObserveOnly = await scrape({ AccessKey }, 'access_key_rotation_due_timestamp_seconds', true);
  assert.deepEqual(underObserveOnly, [], 'it rotates nothing');
  assert.deepEqual(await scrape({ AccessKey: [key({})] }, 'access_key_oldest_timestamp_seconds'), []);
  assert.deepEqual(await scrape({ AccessKey: [key({ frozen: true })], User: [{}] }, 'frozen_objects'), [
    '{kind="AccessKey"} 1',
    '{kind="User"} 0',
  ]);
});
