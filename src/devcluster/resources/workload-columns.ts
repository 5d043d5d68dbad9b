import { type JsonObject, listOf, objectOf, textOf } from '../json.ts';
import type { ApiObject } from '../object.ts';
import { ageColumn, type Column, column, nameColumn } from '../table/columns.ts';

function numberIn(object: JsonObject, field: string): number {
  const value = object[field];
  return typeof value === 'number' ? value : 0;
}

function statusNumber(name: string, field: string, type: string): Column {
  return column(name, `status.${field}`, (object) => numberIn(objectOf(object.status), field), { type });
}

function podSpec(object: ApiObject): JsonObject {
  return objectOf(objectOf(objectOf(object.spec).template).spec);
}

function ofContainers(field: string): Column['cell'] {
  return (object) =>
    listOf(podSpec(object).containers)
      .map((container) => textOf(objectOf(container)[field]))
      .join(',');
}

function labelsText(labels: JsonObject): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${textOf(value)}`);
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',');
}

const wide = { priority: 1 };
const ready = column('Ready', 'Pods that are ready, and pods wanted.', ({ spec, status }) => {
  return `${numberIn(objectOf(status), 'readyReplicas')}/${numberIn(objectOf(spec), 'replicas')}`;
});
const containers = [
  column('Containers', 'The names of the containers.', ofContainers('name'), wide),
  column('Images', 'The images of the containers.', ofContainers('image'), wide),
];
const selector = column(
  'Selector',
  'The labels that its pods have.',
  ({ spec }) => labelsText(objectOf(objectOf(objectOf(spec).selector).matchLabels)),
  wide,
);
const nodeSelector = column('Node Selector', 'The labels that its nodes have.', (object) =>
  labelsText(objectOf(podSpec(object).nodeSelector)),
);

/** What kubectl prints of the workloads, by kind. */
export const workloadColumns = {
  Deployment: [
    nameColumn,
    ready,
    statusNumber('Up-to-date', 'updatedReplicas', 'string'),
    statusNumber('Available', 'availableReplicas', 'string'),
    ageColumn,
    ...containers,
    selector,
  ],
  StatefulSet: [nameColumn, ready, ageColumn, ...containers],
  DaemonSet: [
    nameColumn,
    statusNumber('Desired', 'desiredNumberScheduled', 'integer'),
    statusNumber('Current', 'currentNumberScheduled', 'integer'),
    statusNumber('Ready', 'numberReady', 'integer'),
    statusNumber('Up-to-date', 'updatedNumberScheduled', 'integer'),
    statusNumber('Available', 'numberAvailable', 'integer'),
    nodeSelector,
    ageColumn,
    ...containers,
    selector,
  ],
} as const satisfies Readonly<Record<string, readonly Column[]>>;
