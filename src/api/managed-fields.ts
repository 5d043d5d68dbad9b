import { z } from 'zod';
import { field, int, time } from './schema.ts';

/** `spec.suspend`. */
export const suspend = z
  .boolean()
  .optional()
  .meta(
    field({
      what: 'true: the operator makes no calls and no writes for this object. Deleting the object still runs.',
      example: 'true',
      change: true,
      absent: 'false',
    }),
  );

/** `spec.mode`. */
export const mode = z
  .enum(['Manage', 'Observe'])
  .optional()
  .meta(
    field({
      what: 'Manage: the service is made to match this object. Observe: nothing is written to the service; what would be changed stands in status.pendingChanges, no finalizer is taken, and deleting the object makes no call.',
      example: 'Observe',
      change: true,
      absent: 'Manage',
    }),
  );

/** `spec.adoptionPolicy`. */
export const adoptionPolicy = z
  .enum(['CreateOnly', 'AdoptOrCreate', 'AdoptOnly'])
  .optional()
  .meta(
    field({
      what: 'What to do when the external resource already exists and is not ours. CreateOnly: leave it alone and report AlreadyExists. AdoptOrCreate: take it over, or create it. AdoptOnly: take it over, never create. An adopted resource may also be destroyed under deletionPolicy Delete.',
      example: 'AdoptOrCreate',
      change: true,
      absent: 'CreateOnly',
    }),
  );

/** `spec.deletionPolicy` of the kinds whose absence means Delete; it is not defaulted in the schema. */
export const deletionPolicy = z
  .enum(['Delete', 'Retain'])
  .optional()
  .meta(
    field({
      what: 'What deleting this object does. Delete: what it made in the account goes, if the operator owns it. Retain: it stays as it is.',
      example: 'Retain',
      change: true,
      absent: 'Delete',
    }),
  );

const condition = z.object({
  type: z
    .string()
    .min(1)
    .max(316)
    .meta(field({ what: 'Type of the condition, such as Ready.' })),
  status: z
    .enum(['True', 'False', 'Unknown'])
    .optional()
    .meta(field({ what: 'True, False or Unknown.' })),
  reason: z
    .string()
    .max(1024)
    .optional()
    .meta(field({ what: 'Why, as one word of the documented list.' })),
  message: z
    .string()
    .max(32_768)
    .optional()
    .meta(field({ what: 'Why, for people.' })),
  lastTransitionTime: time({ what: 'When status last changed.' }).optional(),
  observedGeneration: int(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta(field({ what: 'The metadata.generation that this condition speaks of.' })),
});

const target = z.object({
  provider: z
    .string()
    .max(320)
    .meta(field({ what: 'The Provider, as namespace/name.' })),
  accountId: z
    .string()
    .max(253)
    .meta(field({ what: 'The account behind the Provider.' })),
  region: z
    .string()
    .max(253)
    .meta(field({ what: 'The region.' })),
  name: z
    .string()
    .max(512)
    .meta(field({ what: 'The external name.' })),
  identity: z
    .string()
    .max(512)
    .optional()
    .meta(
      field({ what: 'This very incarnation of the external resource, where the service tells incarnations apart.' }),
    ),
});

const intent = z.object({
  attempt: int(0, Number.MAX_SAFE_INTEGER).meta(field({ what: 'Number of the attempt.' })),
  holder: z
    .string()
    .max(512)
    .meta(field({ what: 'Who wrote it (the holder of the Lease).' })),
  epoch: int(0, Number.MAX_SAFE_INTEGER).meta(field({ what: 'How often the Lease had changed hands by then.' })),
  time: time({ what: 'When it was written.' }),
  deadline: time({ what: 'The call was sent before this time, or never.' }),
  action: z.enum(['Create', 'Delete']).meta(field({ what: 'The call that was about to be made.' })),
});

/** On kinds whose keys the annotation freeze makes inactive. */
export const frozen = z
  .boolean()
  .optional()
  .meta(field({ what: 'The annotation freeze on this object, or on its User, keeps the keys inactive.' }));

/** A status field that echoes the annotation by which something was asked for (`src/managed/requested.ts` writes it). */
export function handledRequest(what: string) {
  return z.string().max(1_024).optional().meta(field({ what }));
}

/** A status field that lists ids of access keys. */
export function keyIds(what: string) {
  const id = z
    .string()
    .max(128)
    .meta(field({ what: 'One key id.' }));
  return z.array(id).max(16).optional().meta(field({ what }));
}

/**
 * The status fields of every kind. Only what a list key needs is required, so that what an earlier operator stored
 * stays valid; every other promise about status is the writer's.
 */
export const managedStatusFields = {
  observedGeneration: int(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta(field({ what: 'The metadata.generation that the operator last reached a verdict on: in sync, or stalled.' })),
  conditions: z
    .array(condition.meta(field({ what: 'One condition.' })))
    .max(32)
    .optional()
    .meta(field({ what: 'Ready and Synced always, others while they hold.' }, { mapKey: 'type' })),
  target: target.optional().meta(
    field({
      what: 'The external resource this object means, recorded before the first write: deletion needs no reference.',
    }),
  ),
  intent: intent.optional().meta(
    field({
      what: 'Written before a call that cannot be taken back. It stays; target.identity says that it came to an end.',
    }),
  ),
  pendingChanges: z
    .array(
      z
        .string()
        .max(32_768)
        .meta(field({ what: 'One change, such as versioning: Suspended -> Enabled.' })),
    )
    .max(64)
    .optional()
    .meta(
      field({
        what: 'Under mode Observe: what Manage would change. It begins with adoption where the external resource is not ours.',
      }),
    ),
  lastHandledReconcileAt: handledRequest(
    'The value of the annotation s3.cloud37.dev/reconcile-requested-at that was last acted on; of one that has over 1,024 characters its digest.',
  ),
};
