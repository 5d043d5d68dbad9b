import { type Rule, text } from './schema.ts';

const BUCKET_NAME = '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$';

/** The bucket's external name: the pattern is the published one. */
export const bucketName = text(63).regex(new RegExp(BUCKET_NAME));

/** The name of a user, a group or a managed policy of IAM. Source: IAM User Guide, "IAM and AWS STS quotas". */
export function iamName(maxLength: number) {
  return text(maxLength).regex(/^[\w+=,.@-]+$/);
}

/** The published pattern, in words. */
export function bucketNameRule(name: string): Rule {
  return {
    rule: `self.matches('${BUCKET_NAME}')`,
    message: `${name} must have 3 to 63 characters: lower-case letters, digits, hyphens and dots, the first and the last a letter or a digit, such as team-a-logs`,
  };
}

/**
 * What S3 refuses beyond the pattern. A name never changes, so that a stored object is not held to them.
 * Sources: docs.wasabi.com, "Creating a Bucket"; S3 User Guide, "General purpose bucket naming rules".
 */
export const newBucketNameRules: readonly Rule[] = [
  {
    rule: "!self.matches('[.][.-]|-[.]')",
    message: "name must not hold '..', '.-' or '-.': put a letter or a digit on both sides of each dot, or use hyphens",
  },
  {
    rule: "!self.matches('^[0-9]{1,3}([.][0-9]{1,3}){3}$')",
    message: 'name must not look like an IP address: put a letter into it, or hyphens in place of the dots',
  },
  {
    rule: "!self.startsWith('xn--')",
    message: 'name must not begin with xn--, which S3 keeps for itself: choose another beginning',
  },
];

/** A region as the published schema takes it; any name, since regions are data. */
export const regionName = text(63).regex(/^[A-Za-z0-9][A-Za-z0-9-]*$/);

/** A region becomes a part of a host name. */
export function regionRule(name: string): Rule {
  return {
    rule: "self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')",
    message: `${name} must be the name of a region, such as eu-central-2: lower-case letters, digits and hyphens`,
  };
}
