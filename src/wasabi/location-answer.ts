const ANSWER =
  /^(?:<\?xml[^>]*>)?\s*<(?:[\w.-]+:)?LocationConstraint(?:\s[^>]*)?(?:\/>$|(?<!\/)>([^<&]*)<\/(?:[\w.-]+:)?LocationConstraint\s*>$)/;

/**
 * An answer to GetBucketLocation in the one form that the SDK reads right. Its parser takes every other answer for an
 * empty one, which means us-east-1: a location without a namespace, an empty body, a page of a proxy.
 * Source: S3 API Reference, GetBucketLocation; what the parser does is shown by the tests.
 * @returns undefined when the answer is none to that call
 */
export function readableLocation(body: string): string | undefined {
  const match = ANSWER.exec(body.trim());
  if (match === null) return undefined;
  const [, text = ''] = match;
  return `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${text.trim()}</LocationConstraint>`;
}
