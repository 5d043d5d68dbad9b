import { of, one, type Row, rate } from './panel.ts';

/** How objects are. */
export const OVERVIEW: Row = {
  title: 'Overview',
  panels: [
    {
      title: 'Not Ready',
      type: 'stat',
      unit: 'short',
      description: 'Objects whose external resource is not usable, as last read.',
      queries: one(
        `sum by (kind) (max by (kind, status) (${of('objects', '', 'condition="Ready"', 'status!="True"')}))`,
        '{{kind}}',
      ),
    },
    {
      title: 'Stalled',
      type: 'stat',
      unit: 'short',
      description: 'Objects that wait for somebody to change something.',
      queries: one(
        `max by (kind) (${of('objects', '', 'condition="Stalled"', 'status="True"')}) or on () vector(0)`,
        '{{kind}}',
      ),
    },
    {
      title: 'Objects',
      type: 'timeseries',
      unit: 'short',
      description: 'All objects, by kind.',
      queries: one(`sum by (kind) (max by (kind, status) (${of('objects', '', 'condition="Ready"')}))`, '{{kind}}'),
    },
    {
      title: 'Not Ready for',
      type: 'timeseries',
      unit: 's',
      description: 'How long the object has waited that has waited for longest, suspended ones left out.',
      queries: one(`time() - min by (kind) (${of('notReadySince')})`, '{{kind}}'),
    },
    {
      title: 'Deleting for',
      type: 'timeseries',
      unit: 's',
      description: 'How long the deletion goes on that has gone on for longest.',
      queries: one(`time() - min by (kind) (${of('deletingSince')})`, '{{kind}}'),
    },
    {
      title: 'Unsupported settings',
      type: 'timeseries',
      unit: 'short',
      description: 'Objects that ask for what the service cannot do, by setting; all else of them is applied.',
      queries: one(`max by (kind, setting) (${of('unsupportedSettings')})`, '{{kind}} {{setting}}'),
    },
    {
      title: 'Changes of conditions',
      type: 'timeseries',
      unit: 'ops',
      description: 'Transitions of Ready, by the status that they led to.',
      queries: one(
        `sum by (kind, status) (${rate(of('conditionTransitions', '', 'condition="Ready"'))})`,
        '{{kind}} {{status}}',
      ),
    },
  ],
};
