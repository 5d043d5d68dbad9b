import { z } from 'zod';
import { localSecretKeyFields, secretKeyFields } from './references.ts';
import { field, int, type Rule, text } from './schema.ts';

/**
 * What holds where a Provider says nothing. These are no schema defaults: an object that says nothing follows the
 * operator, also when a later release knows better.
 */
export const PROVIDER_DEFAULTS = {
  requestsPerSecond: 20,
  maxInFlight: 16,
  timeoutSeconds: 10,
  maxAttempts: 3,
  iamRegion: 'us-east-1',
  iamEndpoint: 'https://iam.wasabisys.com',
  stsEndpoint: 'https://sts.wasabisys.com',
} as const;

const URL_PATTERN = String.raw`^https?://([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?$`;

function endpointRule(name: string): Rule {
  return {
    rule: `self.matches('${URL_PATTERN}')`,
    message: `${name} must be an http:// or https:// URL of a host with an optional port and path, without user, query or fragment, such as https://s3.wasabisys.com`,
    storedIsLeft: 'The predecessor took other spellings, too: what is no URL of a service is told by checkEndpoint.',
  };
}

/** One of the URLs of a Provider. */
export function endpoint(
  name: string,
  doc: { readonly what: string; readonly example: string; readonly absent: string },
) {
  return text(512)
    .optional()
    .meta(
      field(
        {
          ...doc,
          change: 'Can change; when it leads to another account, the Provider stalls until that account is accepted.',
        },
        { rules: [endpointRule(name)] },
      ),
    );
}

const namedSecret: Rule = {
  rule: 'has(self.name)',
  message: 'name is missing: name the Secret, or leave out the whole reference',
  storedIsLeft: 'Stored so by the predecessor, which took it for no reference; so do we.',
};

/** `spec.auth` of a Provider. */
export const auth = z
  .object({
    accessKeySecretRef: z.object(secretKeyFields('access-key')).meta(
      field({
        what: 'Where the access key id is.',
        example: '{name: wasabi-credentials, key: access-key}',
        change: true,
      }),
    ),
    secretKeySecretRef: z.object(secretKeyFields('secret-key')).meta(
      field({
        what: 'Where the secret access key is.',
        example: '{name: wasabi-credentials, key: secret-key}',
        change: true,
      }),
    ),
    sessionTokenSecretRef: z
      .object(secretKeyFields('session-token'))
      .partial({ name: true })
      .optional()
      .meta(
        field(
          {
            what: 'Where the session token is, for temporary credentials.',
            example: '{name: wasabi-credentials, key: session-token}',
            change: true,
            absent: 'the keys are used without a session token',
          },
          { rules: [namedSecret] },
        ),
      ),
  })
  .meta(
    field({
      what: 'The credentials, as references to Secrets; a change of a Secret is seen at once. Values are trimmed and checked.',
      example: '{accessKeySecretRef: {name: wasabi-credentials}, secretKeySecretRef: {name: wasabi-credentials}}',
      change: 'Can change; when it leads to another account, the Provider stalls until that account is accepted.',
    }),
  );

/** `spec.tls` of a Provider. */
export const tls = z
  .object({
    caCertSecretRef: z
      .object(localSecretKeyFields('ca.crt'))
      .partial({ name: true })
      .optional()
      .meta(
        field(
          {
            what: 'The CA certificates (PEM) that sign the endpoints, in a Secret of this namespace.',
            example: '{name: storage-ca, key: ca.crt}',
            change: true,
            absent: 'the public CAs',
          },
          { rules: [namedSecret] },
        ),
      ),
    insecureSkipVerify: z
      .boolean()
      .default(false)
      .meta(
        field({
          what: 'true: certificates are not verified. It works only while the operator runs with --allow-insecure-tls.',
          example: 'false',
          change: true,
        }),
      ),
  })
  .optional()
  .meta(
    field({
      what: 'How the certificates of the endpoints are verified.',
      example: '{caCertSecretRef: {name: storage-ca}}',
      change: true,
      absent: 'verified against the public CAs',
    }),
  );

/** `spec.retry` of a Provider. */
export const retry = z
  .object({
    maxAttempts: int(1, 10)
      .default(3)
      .meta(field({ what: 'Attempts inside one call, the first included.', example: '3', change: true })),
    backoffStrategy: z
      .enum(['exponential', 'linear'])
      .default('exponential')
      .meta(field({ what: 'How the wait between attempts grows.', example: 'exponential', change: true })),
  })
  .optional()
  .meta(
    field({
      what: 'How one call is repeated before the pass fails and is itself repeated later.',
      example: '{maxAttempts: 3, backoffStrategy: exponential}',
      change: true,
      absent: `${PROVIDER_DEFAULTS.maxAttempts} attempts, exponential`,
    }),
  );

/** `spec.rateLimit` of a Provider. */
export const rateLimit = z
  .object({
    requestsPerSecond: int(1, 1000)
      .optional()
      .meta(
        field({
          what: 'Requests a second, lowered by the operator while the service throttles.',
          example: '20',
          change: true,
          absent: String(PROVIDER_DEFAULTS.requestsPerSecond),
        }),
      ),
    burst: int(1, 1000)
      .optional()
      .meta(
        field({
          what: 'Requests that may go out at once after a quiet time.',
          example: '40',
          change: true,
          absent: 'the same number as requestsPerSecond',
        }),
      ),
    maxInFlight: int(1, 256)
      .optional()
      .meta(
        field({
          what: 'Requests that may be open at the same time.',
          example: '16',
          change: true,
          absent: String(PROVIDER_DEFAULTS.maxInFlight),
        }),
      ),
  })
  .optional()
  .meta(
    field({
      what: 'The budget of calls, shared by all objects of the account: of two Providers of one account the lower limit holds for both.',
      example: '{requestsPerSecond: 20, burst: 40}',
      change: true,
      absent: `${PROVIDER_DEFAULTS.requestsPerSecond} requests a second, ${PROVIDER_DEFAULTS.maxInFlight} at the same time`,
    }),
  );
