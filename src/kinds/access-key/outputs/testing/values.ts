import { Credential } from '../../../../runtime/credential.ts';
import { type OutputLocation, type OutputValues, outputValues } from '../values.ts';

/** Forty signs, of those that keys are made of and that formats have to cope with. */
export const KEY_TEXT = 'abcdEFGH/+ijkl0123456789mnopQRSTuvwxYZ9=';

/** The values of an output, with nothing unusual but what is given. */
export function someValues(
  changes: Partial<OutputLocation> & { readonly id?: string; readonly secret?: string } = {},
): OutputValues {
  const { id = 'AKIAEXAMPLE000000001', secret = KEY_TEXT, ...location } = changes;
  return outputValues(
    { id, secret: new Credential(secret) },
    {
      endpoint: 'https://s3.eu-central-2.wasabisys.com',
      region: 'eu-central-2',
      bucket: 'team-a-data',
      pathStyle: true,
      user: 'team-a',
      ...location,
    },
  );
}
