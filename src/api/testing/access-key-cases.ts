import { followerRefusals } from './follower-refusals.ts';
import type { Draft, SchemaCase } from './schema-case.ts';

/** The least AccessKey, with these fields added. */
function accessKey(fields: object = {}, status?: object): Draft {
  const spec = { providerRef: { name: 'wasabi-eu' }, userRef: { name: 'team-a' }, ...fields };
  return status === undefined ? { spec } : { spec, status };
}

const withoutUser: Draft = { spec: { providerRef: { name: 'wasabi-eu' } } };

const outputRefusals = followerRefusals.map(({ title, spec, refusal }) => ({ title, to: accessKey(spec), refusal }));

/** What the schema of AccessKey accepts and refuses. */
export const accessKeyCases: readonly Omit<SchemaCase, 'kind'>[] = [
  { title: 'the least AccessKey', to: accessKey() },
  {
    title: 'every field',
    to: accessKey({
      userRef: { name: 'team-a', namespace: 'platform' },
      displayName: 'Nightly backup',
      tags: { team: 'a' },
      policy: { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: '*' }] },
      rotate: { enabled: true, intervalDays: 90, previousKeysRetentionDays: 7 },
      secret: { name: 'app-s3', labels: { app: 'web' }, annotations: { team: 'a' } },
      outputs: [
        {
          name: 'app-s3-env',
          namespace: 'apps',
          preset: 'pgbackrest',
          parameters: { bucket: 'team-a-data', region: 'eu-central-2', key: 's3.conf', repo: 2, includeLocation: true },
          type: 'Opaque',
          labels: { app: 'web' },
          annotations: { 'serving.kserve.io/s3-endpoint': '{{host}}' },
        },
        { name: 'app-s3-env', template: { config: '{{accessKeyId}}' }, merge: true },
        { name: 'app-s3-file', preset: 'aws-credentials-file', parameters: { profile: 'backup' } },
        { name: 'app-s3-rclone', preset: 'rclone', parameters: { remote: 'archive' } },
        { name: 'app-s3-restic', preset: 'restic', parameters: { bucket: 'team-a-data', path: 'hosts/db-1' } },
      ],
      restart: [
        { kind: 'Deployment', name: 'web' },
        { kind: 'StatefulSet', name: 'web' },
      ],
      deletionPolicy: 'Retain',
    }),
  },
  ...outputRefusals,
  {
    title: 'a preset that needs a bucket, without one',
    to: accessKey({ outputs: [{ name: 'a', preset: 'thanos', parameters: { path: 'x' } }] }),
    refusal: 'need the name of a bucket: set parameters.bucket',
  },
  ...['next', 'previous'].map((which) => ({
    title: `a Secret of the name that a rotation uses, ${which}`,
    name: `own-${which}`,
    to: accessKey({ secret: { name: `own-${which}-credentials-${which}` } }),
    refusal: 'a rotation of this object uses',
  })),
  { title: "a Secret of another object's such name", to: accessKey({ secret: { name: 'another-credentials-next' } }) },
  {
    title: 'stored with such a name, edited elsewhere',
    name: 'own-stored',
    from: accessKey({ secret: { name: 'own-stored-credentials-next' } }),
    isStoredBefore: true,
    to: accessKey({ secret: { name: 'own-stored-credentials-next' }, displayName: 'x' }),
  },
  {
    title: 'stored with such a name, and given the other one',
    name: 'own-changed',
    from: accessKey({ secret: { name: 'own-changed-credentials-next' } }),
    isStoredBefore: true,
    to: accessKey({ secret: { name: 'own-changed-credentials-previous' } }),
    refusal: 'a rotation of this object uses',
  },
  { title: 'no spec', to: {}, refusal: 'spec is missing' },
  { title: 'no userRef', to: withoutUser, refusal: 'userRef is missing' },
  {
    title: 'stored without userRef, edited elsewhere',
    from: withoutUser,
    isStoredBefore: true,
    to: { spec: { providerRef: { name: 'wasabi-eu' }, displayName: 'x' } },
  },
  { title: 'stored without userRef, which is set now', from: withoutUser, isStoredBefore: true, to: accessKey() },
  {
    title: 'userRef changes',
    from: accessKey(),
    to: accessKey({ userRef: { name: 'team-b' } }),
    refusal: 'userRef cannot change',
  },
  { title: 'userRef goes', from: accessKey(), to: withoutUser, refusal: 'userRef' },
  {
    title: 'providerRef changes',
    from: accessKey(),
    to: accessKey({ providerRef: { name: 'other' } }),
    refusal: 'providerRef cannot change',
  },
  {
    title: 'a retention as long as the interval',
    to: accessKey({ rotate: { enabled: true, intervalDays: 7, previousKeysRetentionDays: 7 } }),
    refusal: 'previousKeysRetentionDays must be less than intervalDays',
  },
  {
    title: 'another retention',
    from: accessKey({ rotate: { enabled: true } }),
    to: accessKey({ rotate: { enabled: true, intervalDays: 30 } }),
  },
  {
    title: "the predecessor's status",
    from: accessKey(),
    to: accessKey(
      { displayName: 'x' },
      { accessKeyId: 'ABCDEFGHIJKLMNOPQRST', created: true, lastRotateTime: '2026-01-01T00:00:00Z' },
    ),
  },
];
