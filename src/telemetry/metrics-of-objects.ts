import type { MetricRow } from './metric-row.ts';

/** Metrics of the objects in the cluster, counted at each scrape. */
export const OBJECT_METRICS = {
  objects: {
    name: 'objects',
    type: 'gauge',
    labels: ['kind', 'condition', 'status'],
    help: 'Objects by the status of each condition; without Ready or Synced they count as Unknown. Each replica tells of the same objects.',
  },
  notReadySince: {
    name: 'not_ready_since_timestamp_seconds',
    type: 'gauge',
    labels: ['kind'],
    help: 'Since when the object has not been Ready that has not been so for longest; absent: all are, or are being deleted.',
  },
  deletingSince: {
    name: 'deleting_since_timestamp_seconds',
    type: 'gauge',
    labels: ['kind'],
    help: 'Since when the object has been deleted that has been so for longest; absent: none is.',
  },
  frozen: {
    name: 'frozen_objects',
    type: 'gauge',
    labels: ['kind'],
    help: 'Users and AccessKeys whose keys a freeze keeps inactive now; each replica tells of the same objects.',
  },
  oldestKey: {
    name: 'access_key_oldest_timestamp_seconds',
    type: 'gauge',
    labels: ['kind'],
    help: 'When the oldest key was made that an AccessKey delivers; absent: none does.',
  },
  rotationDue: {
    name: 'access_key_rotation_due_timestamp_seconds',
    type: 'gauge',
    labels: ['kind'],
    help: 'When the rotation is due that is due first, suspended, observed and frozen keys left out; a window that was missed puts it off to the next one; absent: none is planned.',
  },
  retainedKeys: {
    name: 'retained_access_keys',
    type: 'gauge',
    labels: [],
    help: 'Access keys that another one has replaced and that live on until their retention ends; each replica tells of the same keys.',
  },
  unsupportedSettings: {
    name: 'unsupported_settings',
    type: 'gauge',
    labels: ['kind', 'setting'],
    help: 'Objects that ask for a setting that the service cannot do, by setting, as the condition Unsupported names it; each replica tells of the same objects.',
  },
  foreignKeys: {
    name: 'foreign_access_keys',
    type: 'gauge',
    labels: [],
    help: 'Access keys of Users that no AccessKey accounts for, as the condition ForeignKey lists them, each counted once; each replica tells of the same keys.',
  },
} as const satisfies Record<string, MetricRow>;
