import { checkedRule, type Rule, text } from './schema.ts';

const BUCKET_NAME = '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$';
const IAM_NAME = /^[\w+=,.@-]+$/;
const POLICY_ARN = /^arn:aws:iam::[^:]*:policy\/.+$/;
const REGION = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
const STORED_NAME = 'A name never changes: a stored one is asked of the service, which tells what it refuses.';

/** The bucket's external name: the pattern is the published one. */
export const bucketName = text(63).regex(new RegExp(BUCKET_NAME));

/** The name of a user, a group or a managed policy of IAM. Source: IAM User Guide, "IAM and AWS STS quotas". */
export function iamName(maxLength: number) {
  return text(maxLength).regex(IAM_NAME);
}

/** That pattern, in words. @param name the field, as the message names it */
export function iamNameRule(name: string): Rule {
  return checkedRule<string>(
    "self.matches('^[0-9A-Za-z_+=,.@-]+$')",
    `${name} may hold letters, digits and _+=,.@- alone, such as team-a: leave out spaces, slashes and other signs`,
    (self) => IAM_NAME.test(self),
  );
}

/** The ARN of a managed policy, of the account or of the service's own. */
export const managedPolicyArn = text(2048).regex(POLICY_ARN);

/** That pattern, in words. */
export const managedPolicyArnRule: Rule = checkedRule<string>(
  "self.matches('^arn:aws:iam::[^:]*:policy/.+$')",
  'managedPolicyArns takes whole ARNs, such as arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess: write arn:aws:iam::ACCOUNT:policy/ before a bare name',
  (self) => POLICY_ARN.test(self),
);

/** The published pattern, in words. */
export function bucketNameRule(name: string): Rule {
  const pattern = new RegExp(BUCKET_NAME);
  return checkedRule<string>(
    `self.matches('${BUCKET_NAME}')`,
    `${name} must have 3 to 63 characters: lower-case letters, digits, hyphens and dots, the first and the last a letter or a digit, such as team-a-logs`,
    (self) => pattern.test(self),
  );
}

/**
 * What S3 refuses beyond the pattern. A name never changes, so that a stored object is not held to them.
 * Sources: docs.wasabi.com, "Creating a Bucket"; S3 User Guide, "General purpose bucket naming rules".
 */
export const newBucketNameRules: readonly Rule[] = [
  {
    rule: "!self.matches('[.][.-]|-[.]')",
    message: "name must not hold '..', '.-' or '-.': put a letter or a digit on both sides of each dot, or use hyphens",
    storedIsLeft: STORED_NAME,
  },
  {
    rule: "!self.matches('^[0-9]{1,3}([.][0-9]{1,3}){3}$')",
    message: 'name must not look like an IP address: put a letter into it, or hyphens in place of the dots',
    storedIsLeft: STORED_NAME,
  },
  {
    rule: "!self.startsWith('xn--')",
    message: 'name must not begin with xn--, which S3 keeps for itself: choose another beginning',
    storedIsLeft: STORED_NAME,
  },
];

/** What the name of a region is made of, in whichever letters. */
export const PUBLISHED_REGION = /^[A-Za-z0-9][A-Za-z0-9-]*$/;

/** A region as the published schema takes it; any name, since regions are data. */
export const regionName = text(63).regex(PUBLISHED_REGION);

/** A region becomes a part of a host name. */
export function regionRule(name: string): Rule {
  return checkedRule<string>(
    "self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')",
    `${name} must be the name of a region, such as eu-central-2: lower-case letters, digits and hyphens`,
    (self) => REGION.test(self),
  );
}
