import { of, one, type Row } from './panel.ts';

/** How old access keys are, and what is wrong with them. */
export const KEYS: Row = {
  title: 'Access keys',
  panels: [
    {
      title: 'Oldest key',
      type: 'stat',
      unit: 's',
      description: 'How long the oldest key has been in use.',
      queries: one(`time() - min(${of('oldestKey')})`, 'age'),
    },
    {
      title: 'Next rotation',
      type: 'stat',
      unit: 's',
      description: 'In how long the next rotation is due; below zero it is late.',
      queries: one(`min(${of('rotationDue')}) - time()`, 'due in'),
    },
    {
      title: 'Frozen',
      type: 'stat',
      unit: 'short',
      description: 'Users and AccessKeys whose keys a freeze keeps inactive.',
      queries: one(`max by (kind) (${of('frozen')})`, '{{kind}}'),
    },
    {
      title: 'Kept after a rotation',
      type: 'stat',
      unit: 'short',
      description: 'Keys that another one has replaced and that live on until their retention ends.',
      queries: one(`max(${of('retainedKeys')})`, 'keys'),
    },
    {
      title: 'Foreign keys',
      type: 'stat',
      unit: 'short',
      description: 'Keys of Users that no AccessKey accounts for: who made them, and who uses them?',
      queries: one(`max(${of('foreignKeys')})`, 'keys'),
    },
    {
      title: 'Rotations',
      type: 'timeseries',
      unit: 'short',
      description: 'Within the last hour. Failed: the service never accepted the new key, and the one in use stays.',
      queries: one(`sum by (result) (increase(${of('rotations')}[1h]))`, '{{result}}'),
    },
  ],
};
