import { z } from 'zod';
import { referenceFields } from './references.ts';
import { type DeepReadonly, field } from './schema.ts';

const target = z
  .object({
    kind: z
      .enum(['Deployment', 'StatefulSet', 'DaemonSet'])
      .meta(field({ what: 'Kind of the workload.', example: 'Deployment', change: true })),
    name: referenceFields('workload', 'web').name,
  })
  .meta(field({ what: 'One workload.' }));

/** `spec.restart`: workloads that read the Secrets when they start. */
export const keyRestart = z
  .array(target)
  .max(16)
  .optional()
  .meta(
    field({
      what: 'Workloads of this namespace that read the key only when they start: their pods are made anew, as by kubectl rollout restart, once for each change of what stands in the Secret of the key and in its outputs of this namespace. The operator needs get and patch on that kind.',
      example: '[{kind: Deployment, name: web}]',
      change: true,
      absent: 'nothing is restarted',
    }),
  );

/** One entry of `spec.restart`. */
export type RestartTarget = DeepReadonly<z.output<typeof target>>;
