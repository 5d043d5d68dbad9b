/** The regions of Wasabi's hot storage. A list of data, not of types: new ones appear. */
export const REGIONS: readonly string[] = [
  'us-east-1',
  'us-east-2',
  'us-central-1',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'eu-central-1',
  'eu-central-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-south-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-southeast-1',
  'ap-southeast-2',
];

/** The region of the global endpoints: `s3.wasabisys.com`, IAM and STS. */
export const GLOBAL_REGION = 'us-east-1';

/** Host labels that name a region by another word; the signature uses the region's own code all the same. */
export const REGION_ALIASES: Readonly<Record<string, string>> = {
  'nl-1': 'eu-central-1',
  'de-1': 'eu-central-2',
  'uk-1': 'eu-west-1',
  'fr-1': 'eu-west-2',
  'uk-2': 'eu-west-3',
  'it-1': 'eu-south-1',
};
