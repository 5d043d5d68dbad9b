/** The field manager of all our writes, as `metadata.managedFields` shows it. */
export const FIELD_MANAGER = 'wasabi-s3-operator';

/** Metadata as the API server sends it; stores leave managedFields out. */
interface TrackedMetadata {
  readonly managedFields?: readonly { readonly manager?: string; readonly operation?: string }[];
}

/**
 * `metadata.managedFields` without what we own by server-side apply: written back, it makes the fields free for others
 * and leaves their values as they are. An empty list would be taken for one that was left out, so one empty entry stands
 * for none. Source: Kubernetes documentation, Server-Side Apply, clearing managedFields.
 */
export function withoutOwnApply(metadata: object): readonly object[] {
  const { managedFields = [] }: TrackedMetadata = metadata;
  const others = managedFields.filter((entry) => entry.manager !== FIELD_MANAGER || entry.operation !== 'Apply');
  return others.length === 0 ? [{}] : others;
}
