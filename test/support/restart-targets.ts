import assert from 'node:assert/strict';
import { WORKLOADS } from '../../src/api/core-types.ts';
import type { KubeObject } from '../../src/api/meta.ts';
import type { World } from './world.ts';

/** Kinds that `spec.restart` names. */
export type WorkloadKind = keyof typeof WORKLOADS;

/** As much of a workload as tests read. */
export interface RestartTarget extends KubeObject {
  readonly spec: {
    readonly template: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } };
  };
}

/** Makes a workload whose template has an annotation of its own, `team: a`. */
export async function deploy(world: World, kind: WorkloadKind, name = 'web'): Promise<void> {
  const labels = { app: name };
  const template = {
    metadata: { labels, annotations: { team: 'a' } },
    spec: { containers: [{ name: 'x', image: 'x' }] },
  };
  await world.cluster.admin.create(WORKLOADS[kind], world.namespace, {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: { selector: { matchLabels: labels }, serviceName: name, template },
  });
}

/** The workload `web` of that kind. */
export async function workload(world: World, kind: WorkloadKind = 'StatefulSet'): Promise<RestartTarget> {
  const found = await world.cluster.admin.get<RestartTarget>(WORKLOADS[kind], world.key('web'));
  assert.ok(found);
  return found;
}

/**
 * How often the template of the workload `web` was changed, and when it was last restarted. Of a Deployment only whether:
 * its generation moves with its annotations, too.
 */
export async function restarts(world: World, kind: WorkloadKind = 'StatefulSet') {
  const { metadata, spec } = await workload(world, kind);
  const { annotations = {} } = spec.template.metadata;
  const at = annotations['kubectl.kubernetes.io/restartedAt'];
  const times = kind === 'Deployment' ? Number(at !== undefined) : (metadata.generation ?? 0) - 1;
  return { times, at, team: annotations['team'] };
}
