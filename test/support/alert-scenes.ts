import assert from 'node:assert/strict';
import type { AccessKey } from '../../src/api/access-key.ts';
import { addAccessKey } from '../../src/emulator/accounts.ts';
import type { AlertStage } from './alert-stage.ts';
import { TELLINGS, type Telling } from './alert-tellings.ts';
import { kubeError } from './answers.ts';
import { accessKey, bucket, bucketPolicy, typeOf, user } from './builders.ts';
import { grantNamespace } from './operator-rights.ts';

const HOUR_MS = 3_600_000;

/** A fault that is on. */
export interface AlertFault {
  /** What goes on while it lasts, once a second. */
  readonly meanwhile?: () => Promise<void>;
  /** Takes it away, as the runbook says where it can. */
  readonly mend: () => Promise<unknown>;
}

/** A fault, and the alerts that it makes fire. */
export interface AlertScene {
  readonly title: string;
  /** Each with the labels that tell it from that of another scene. */
  readonly alerts: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What is there, and well, before; then breaks it. */
  readonly begin: (stage: AlertStage) => Promise<AlertFault>;
  /** What metrics, log, events and traces say of it. */
  readonly tells?: Telling;
}

const POLICY = { statement: [{ effect: 'Allow', action: 's3:*', resource: '*' }] };

/** A User and its AccessKey, delivered. @returns the key in the service */
async function deliveredKey(stage: AlertStage, name: string, spec: Parameters<typeof accessKey>[2] = {}) {
  await stage.apply(user(name, { policy: POLICY }));
  await stage.apply(accessKey(name, name, spec));
  await stage.reaches('AccessKey', name, 'Ready', 'True');
  const { status } = (await stage.get<AccessKey>('AccessKey', name)) ?? {};
  const { keys } = stage.emulator.state;
  return keys.get(status?.accessKeyId ?? '') ?? assert.fail(`no key of ${name}`);
}

/** Makes a key in the service so old. */
function age(stage: AlertStage, keyId: string, hours: number): void {
  const { keys } = stage.emulator.state;
  const key = keys.get(keyId) ?? assert.fail();
  keys.set(keyId, { ...key, createdMs: Date.now() - hours * HOUR_MS });
}

/** Scenes of objects, which disturb one another so little that they go on at the same time. */
export const OBJECT_SCENES: readonly AlertScene[] = [
  {
    title: 'the key of a Provider is revoked',
    alerts: { WasabiProviderNotReady: {}, WasabiCredentialsRefused: {} },
    tells: TELLINGS.providerBroken,
    async begin(stage) {
      const { accountId, accessKeyId } = await stage.account('revoked');
      stage.emulator.state.keys.delete(accessKeyId);
      return {
        mend: async () => {
          const key = addAccessKey(stage.emulator.state, { accountId, createdMs: Date.now() });
          const [credentials] = stage.providerOf('revoked', { ...key, name: 'revoked' });
          await stage.apply(credentials ?? assert.fail());
          await stage.reaches('Provider', 'revoked', 'Ready', 'True');
        },
      };
    },
  },
  {
    title: 'somebody else sets the versioning of a bucket again and again',
    alerts: { WasabiDriftFight: { kind: 'Bucket', change: 'Set:versioning' } },
    tells: TELLINGS.driftFight,
    async begin(stage) {
      await stage.apply(bucket('drifting', { versioning: { enabled: true } }));
      await stage.reaches('Bucket', 'drifting', 'Ready', 'True');
      return {
        meanwhile: async () =>
          stage.emulator.console.editBucket('drifting', (found) => {
            found.versioning = 'Suspended';
          }),
        mend: async () => undefined,
      };
    },
  },
  {
    title: 'a key is due, and a key of somebody else takes its place',
    alerts: { WasabiRotationOverdue: {}, WasabiForeignKey: {} },
    tells: TELLINGS.keyDue,
    async begin(stage) {
      const rotate = { enabled: true, intervalDays: 1, previousKeysRetentionDays: 0 };
      const { accessKeyId, accountId } = await deliveredKey(stage, 'due', { rotate });
      const foreign = addAccessKey(stage.emulator.state, { accountId, userName: 'due', createdMs: Date.now() });
      age(stage, accessKeyId, 26); // too young for WasabiKeyOld
      await stage.look('AccessKey', 'due');
      return {
        mend: async () => {
          stage.emulator.state.keys.delete(foreign.accessKeyId);
          await stage.look('AccessKey', 'due');
        },
      };
    },
  },
  {
    title: 'a key is never replaced',
    alerts: { WasabiKeyOld: {} },
    async begin(stage) {
      const { accessKeyId } = await deliveredKey(stage, 'old');
      age(stage, accessKeyId, 48);
      await stage.look('AccessKey', 'old');
      return {
        mend: () => stage.annotate('AccessKey', 'old', { 's3.cloud37.dev/rotate-requested-at': 'now' }),
      };
    },
  },
  {
    title: 'the service asks to slow down',
    alerts: { WasabiThrottled: {} },
    tells: TELLINGS.throttled,
    async begin(stage) {
      const { accessKeyId } = await stage.account('throttled');
      const names = ['slow-1', 'slow-2', 'slow-3'];
      for (const name of names) await stage.apply(bucket(name, { providerRef: { name: 'throttled' } }));
      for (const name of names) await stage.reaches('Bucket', name, 'Ready', 'True');
      const rule = stage.emulator.faults.add({ accessKeyId, effect: { type: 'rate', perSecond: 2, burst: 2 } });
      return {
        meanwhile: async () => void (await Promise.all(names.map((name) => stage.look('Bucket', name)))),
        mend: async () => stage.emulator.faults.clear(rule),
      };
    },
  },
  {
    title: 'a bucket that is to go is not empty',
    alerts: { WasabiDeletionBlocked: { kind: 'Bucket' } },
    async begin(stage) {
      await stage.apply(bucket('full', { deletionPolicy: 'Delete' }));
      await stage.reaches('Bucket', 'full', 'Ready', 'True');
      stage.emulator.console.putObject('full', 'kept.txt', 'kept');
      const uid = (await stage.get('Bucket', 'full'))?.metadata.uid ?? '';
      await stage.cluster.admin.delete(typeOf('Bucket'), { namespace: stage.namespace, name: 'full' });
      return { mend: () => stage.annotate('Bucket', 'full', { 's3.cloud37.dev/abandon': uid }) };
    },
  },
  {
    title: 'an object refers to one that is not there',
    alerts: { WasabiObjectNotReady: { kind: 'BucketPolicy' } },
    async begin(stage) {
      const statement = { effect: 'Allow', principal: '*', action: 's3:GetObject', resource: 'arn:aws:s3:::later/*' };
      const condition = { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } };
      await stage.apply(bucketPolicy('early', 'later', { statement: [{ sid: 'Office', ...statement, condition }] }));
      return { mend: () => stage.apply(bucket('later')) };
    },
  },
  {
    title: 'the service is too slow for all that is to be done',
    alerts: { WasabiQueueNotDraining: { kind: 'User' }, WasabiQueueSlow: { kind: 'User' } },
    async begin(stage) {
      const { accessKeyId } = await stage.account('sluggish');
      const ms = 1_500;
      const rule = stage.emulator.faults.add({ accessKeyId, effect: { type: 'latency', ms } });
      const names = Array.from({ length: 100 }, (_, index) => `crowd-${index}`);
      await Promise.all(names.map((name) => stage.apply(user(name, { providerRef: { name: 'sluggish' } }))));
      return { mend: async () => stage.emulator.faults.clear(rule) };
    },
  },
  {
    title: 'the operator has no rights in a namespace',
    alerts: { WasabiOperatorRefused: { resource: 'secrets' } },
    async begin(stage) {
      const { strange } = stage;
      for (const manifest of stage.providerOf('wasabi', stage.emulator.account)) await stage.apply(manifest, strange);
      return {
        meanwhile: () => stage.lookAt('Provider', 'wasabi', strange),
        mend: async () => {
          await grantNamespace(stage.cluster.admin, strange);
          await stage.lookAt('Provider', 'wasabi', strange);
          await stage.reaches('Provider', 'wasabi', 'Ready', 'True', strange);
        },
      };
    },
  },
  {
    title: 'the API server answers as none does',
    alerts: { WasabiOperatorDefect: { kind: 'Bucket' } },
    async begin(stage) {
      const unknown = kubeError(422, 'Invalid');
      const end = add(stage.callRules, ({ method, url }) =>
        method === 'PATCH' && /\/buckets\/defect[/?]?/.test(url) ? unknown : 'pass',
      );
      await stage.apply(bucket('defect'));
      return {
        mend: async () => {
          end();
          await stage.reaches('Bucket', 'defect', 'Ready', 'True');
        },
      };
    },
  },
  {
    title: 'watches end because their version is too old',
    alerts: { WasabiOperatorRelisting: { kind: 'IAMPolicy' } },
    async begin(stage) {
      const end = add(stage.watchRules, (url) => (url.includes('/iampolicies?') ? kubeError(410, 'Expired') : 'pass'));
      stage.kube.dropWatches();
      return { mend: async () => end() };
    },
  },
  {
    title: 'something swallows the calls of a watch',
    alerts: { WasabiWatchSilent: { kind: 'Namespace' } },
    async begin(stage) {
      const end = add(stage.watchRules, (url) => (/\/api\/v1\/namespaces\?/.test(url) ? 'hang' : 'pass'));
      stage.kube.dropWatches();
      return {
        mend: async () => {
          end();
          stage.kube.dropWatches();
        },
      };
    },
  },
];

/** What these wait for goes by real time, at least in part: bookmarks of watches, passes that take seconds. */
export const SLOWER: Readonly<Record<string, number>> = { WasabiWatchSilent: 10, WasabiQueueSlow: 100 };

/** Scenes of the process as a whole, one after another. */
export const PROCESS_SCENES: readonly AlertScene[] = [
  {
    title: 'somebody else holds the Lease',
    alerts: { WasabiOperatorNoLeader: {} },
    async begin(stage) {
      await stage.takeLease('somebody-else');
      await stage.restart(); // who loses the Lease ends, and its container is started again
      return { mend: () => stage.takeLease('') };
    },
  },
  {
    title: 'the operator does not run',
    alerts: { WasabiOperatorAbsent: {} },
    async begin(stage) {
      stage.operator.child.kill('SIGTERM');
      await stage.operator.ended;
      return { mend: () => stage.restart() };
    },
  },
];

function add<T>(rules: Set<T>, rule: T): () => void {
  rules.add(rule);
  return () => void rules.delete(rule);
}
