import { ReconcileError } from '../runtime/errors.ts';

/** Wasabi's IAM has no tags. Source: docs.wasabi.com, "IAM and STS Support With the Wasabi S3 API". */
export function unsupportedTagFields(tags: Readonly<Record<string, string>> | undefined): readonly string[] {
  return Object.keys(tags ?? {}).length === 0 ? [] : ['spec.tags'];
}

/** The failure of a pass where the Provider says `unsupportedSettings: Reject`; undefined: nothing is unsupported. */
export function rejectedSettings(unsupported: readonly string[]): ReconcileError | undefined {
  if (unsupported.length === 0) return undefined;
  return new ReconcileError(
    'InvalidSpec',
    `the service cannot do ${unsupported.join(', ')}, and the Provider says unsupportedSettings: Reject: take the field out`,
    { reason: 'Unsupported' },
  );
}
