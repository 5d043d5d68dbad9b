/** What a found external resource says of its owner; each field only where the service has such a thing. */
export interface Evidence {
  /** The text of our marker on it (the tag `s3.cloud37.dev/owned-by` of a bucket), whoever wrote it. */
  readonly marker?: string | undefined;
  /** Whether markers can be kept at all; false where the service has no tagging. */
  readonly canMark: boolean;
  /** This very incarnation: an IAM UserId, a bucket's creation time. */
  readonly identity?: string | undefined;
  /** When the service says it was made, milliseconds since the epoch. */
  readonly createdAtMs?: number | undefined;
}
