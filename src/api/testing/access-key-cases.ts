import type { Draft, SchemaCase } from './schema-case.ts';

/** The least AccessKey, with these fields added. */
function accessKey(fields: object = {}, status?: object): Draft {
  const spec = { providerRef: { name: 'wasabi-eu' }, userRef: { name: 'team-a' }, ...fields };
  return status === undefined ? { spec } : { spec, status };
}

const withoutUser: Draft = { spec: { providerRef: { name: 'wasabi-eu' } } };

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
      deletionPolicy: 'Retain',
    }),
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
