import { z } from 'zod';
import { conditionColumn, type KindDefinition, managedColumns } from './kind-definition.ts';
import { managedStatusFields, mode, suspend } from './managed-fields.ts';
import { GROUP, type KubeObject, type ResourceType, VERSION } from './meta.ts';
import { regionName, regionRule } from './names.ts';
import { auth, endpoint, PROVIDER_DEFAULTS, rateLimit, retry, tls } from './provider-connection.ts';
import { allowedNamespaces } from './references.ts';
import { checkedRule, type DeepReadonly, field, int, time } from './schema.ts';
import { tenancy } from './tenancy.ts';

/** The kind Provider on the wire. */
export const PROVIDERS: ResourceType = {
  group: GROUP,
  version: VERSION,
  plural: 'providers',
  kind: 'Provider',
  namespaced: true,
};

const spec = z
  .object({
    suspend,
    mode,
    type: z
      .enum(['wasabi', 's3'])
      .default('wasabi')
      .meta(
        field({
          what: 'wasabi: Wasabi, whose endpoints and limits are known. s3: any other server with the S3 and IAM APIs; endpoint is then required and no rule of Wasabi is assumed.',
          example: 'wasabi',
          change: 'Can change; what leads to another account makes the Provider stall until that account is accepted.',
        }),
      ),
    endpoint: endpoint('endpoint', {
      what: 'URL of the S3 API. The operator calls only hosts of its --allowed-endpoints.',
      example: 'https://s3.eu-central-2.wasabisys.com',
      absent: 'for type wasabi the endpoint of region; type s3 needs it',
    }),
    region: regionName.meta(
      field(
        {
          what: 'Region of buckets that name none, and the signing region of the endpoint. Any name: new regions need no new operator.',
          example: 'eu-central-2',
          change: 'Can change; buckets that exist stay where they are.',
        },
        { isPatternARule: true, rules: [regionRule('region')] },
      ),
    ),
    auth,
    tls,
    pathStyle: z
      .boolean()
      .default(true)
      .meta(
        field({
          what: 'true: bucket names go into the path of a URL. false: into the host name.',
          example: 'true',
          change: true,
        }),
      ),
    iamEndpoint: endpoint('iamEndpoint', {
      what: 'URL of the IAM API.',
      example: PROVIDER_DEFAULTS.iamEndpoint,
      absent: `for type wasabi ${PROVIDER_DEFAULTS.iamEndpoint}, for type s3 the S3 endpoint`,
    }),
    iamRegion: regionName.optional().meta(
      field(
        {
          what: 'Signing region of the IAM and STS APIs.',
          example: PROVIDER_DEFAULTS.iamRegion,
          change: true,
          absent: `for type wasabi ${PROVIDER_DEFAULTS.iamRegion}, for type s3 the region`,
        },
        { isPatternARule: true, rules: [regionRule('iamRegion')] },
      ),
    ),
    stsEndpoint: endpoint('stsEndpoint', {
      what: 'URL of the STS API, which names the account behind the credentials.',
      example: PROVIDER_DEFAULTS.stsEndpoint,
      absent: `for type wasabi ${PROVIDER_DEFAULTS.stsEndpoint}, for type s3 the IAM endpoint`,
    }),
    retry,
    rateLimit,
    timeoutSeconds: int(1, 60)
      .optional()
      .meta(
        field({
          what: 'Seconds that one request may take.',
          example: '10',
          change: true,
          absent: String(PROVIDER_DEFAULTS.timeoutSeconds),
        }),
      ),
    allowedNamespaces,
    tenancy,
    unsupportedSettings: z
      .enum(['Report', 'Reject'])
      .optional()
      .meta(
        field({
          what: 'What happens to a setting that the service cannot do. Report: the object becomes Ready and its condition Unsupported names the field. Reject: the object stalls with reason Unsupported. What is certain before (transitions, mfaDelete) keeps a bucket from being made; most is found out by asking, so that the bucket is there by then.',
          example: 'Reject',
          change: true,
          absent: 'Report',
        }),
      ),
  })
  .meta(
    field(
      { what: 'The account, its endpoints and how it is called.' },
      {
        rules: [
          checkedRule<{ readonly type: string; readonly endpoint?: string }>(
            "self.type != 's3' || has(self.endpoint)",
            'endpoint is missing: type s3 has no endpoint of its own, set spec.endpoint to the URL of the server',
            ({ type, endpoint }) => type !== 's3' || endpoint !== undefined,
          ),
        ],
      },
    ),
  );

const status = z
  .object({
    ...managedStatusFields,
    connected: z
      .boolean()
      .optional()
      .meta(field({ what: 'Whether the last signed call was answered.' })),
    lastConnectTime: time({ what: 'When the connection last came up.' }).optional(),
    accountId: z
      .string()
      .max(253)
      .optional()
      .meta(field({ what: 'The account that this Provider is pinned to.' })),
    identityArn: z
      .string()
      .max(2048)
      .optional()
      .meta(field({ what: 'Whom the credentials belong to.' })),
    endpoint: z
      .string()
      .max(512)
      .optional()
      .meta(field({ what: 'The S3 endpoint that this Provider is pinned to.' })),
    authFailures: z
      .object({
        count: int(0, 1_000_000).meta(field({ what: 'Refused tries since the Secret last changed.' })),
        lastTime: time({ what: 'When the last try was refused.' }),
        secretVersion: z
          .string()
          .max(512)
          .meta(field({ what: 'The version of the Secrets that was refused.' })),
      })
      .optional()
      .meta(field({ what: 'Wrong credentials are tried less and less often, so that the account is not locked.' })),
    protectedSecrets: z
      .array(
        z
          .string()
          .max(320)
          .meta(field({ what: 'One Secret, as namespace/name.' })),
      )
      .max(16)
      .optional()
      .meta(
        field({
          what: 'The Secrets that carry the finalizer s3.cloud37.dev/in-use for this Provider; one that the spec no longer names is let go.',
        }),
      ),
  })
  .meta(field({ what: 'Written by the operator alone.' }));

const schema = z.object({ spec, status: status.optional() }).meta(
  field({
    what: 'A Provider is one account of Wasabi, or of another server with the S3 and IAM APIs: its endpoints, its credentials and who may use it.',
  }),
);

/** A Provider as users write it: fields with a default may be left out. */
export type ProviderSpecInput = z.input<typeof spec>;
export type ProviderSpec = DeepReadonly<z.output<typeof spec>>;
export type ProviderStatus = DeepReadonly<z.output<typeof status>>;

/** A Provider as the API server returns it, defaults filled in. */
export interface Provider extends KubeObject {
  readonly spec: ProviderSpec;
  readonly status?: ProviderStatus | undefined;
}

/** The kind Provider: names, schema and columns. */
export const providerDefinition: KindDefinition = {
  type: PROVIDERS,
  singular: 'provider',
  shortNames: ['s3prov'],
  schema,
  columns: [
    ...managedColumns({
      shown: [{ name: 'Region', type: 'string', jsonPath: '.spec.region' }],
      wide: [
        { name: 'Endpoint', type: 'string', jsonPath: '.status.endpoint' },
        { name: 'Account', type: 'string', jsonPath: '.status.accountId' },
      ],
    }),
    conditionColumn('Sync reason', 'Synced', 'reason', { priority: 1 }),
  ],
};
