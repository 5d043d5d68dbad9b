import type { PresetName } from '../../../api/key-outputs.ts';
import { type Entries, envText, iniText, yamlText } from './text-formats.ts';
import { hostAndPort, type RevealedValues } from './values.ts';

/** What a consumer's shape may be told beside the values; each preset takes some of them. */
export interface PresetParameters {
  /** Key in the Secret's data that a file stands under. */
  readonly key?: string | undefined;
  /** Profile of a credentials file. */
  readonly profile?: string | undefined;
  /** Name of a remote of rclone. */
  readonly remote?: string | undefined;
  /** Number of a repository of pgBackRest. */
  readonly repo?: number | undefined;
  /** Folder within the bucket. */
  readonly path?: string | undefined;
  /** Whether bucket, endpoint and region stand in the file, too. */
  readonly includeLocation?: boolean | undefined;
}

/** What a preset or template puts into its objects, all of it as text. */
export interface OutputContent {
  readonly data: Entries;
  /** Data of a ConfigMap of the same name. */
  readonly configMap?: Entries;
}

/** One shape that consumers read. */
export interface Preset {
  readonly takes: readonly (keyof PresetParameters)[];
  readonly needsBucket: boolean;
  /** Pure. Parameters are checked, and `bucket` is there where it is needed. @throws NotExpressible */
  readonly render: (values: RevealedValues, parameters: PresetParameters) => OutputContent;
}

/** Every preset by its name. */
export const presets = {
  /** What the Secret of the key itself holds. */
  original: preset([], ({ accessKeyId, secretAccessKey }) => ({
    data: { 'access-key-id': accessKeyId, 'secret-access-key': secretAccessKey },
  })),
  /** Source: AWS SDKs and Tools Reference Guide, "Environment variables list". */
  'aws-env': preset(['key'], (values, { key }) => {
    const variables = awsVariables(values);
    return { data: key === undefined ? variables : { [key]: envText(variables) } };
  }),
  /** Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files"; Velero reads the key `cloud`. */
  'aws-credentials-file': preset(['key', 'profile'], (values, { key = 'credentials', profile = 'default' }) => ({
    data: {
      [key]: iniText(profile, {
        aws_access_key_id: values.accessKeyId,
        aws_secret_access_key: values.secretAccessKey,
      }),
    },
  })),
  /** ObjectBucketClaim. Source: lib-bucket-provisioner, the ConfigMap and Secret that it makes for a claim. */
  obc: bucketPreset([], (values) => ({
    data: awsPair(values),
    configMap: {
      BUCKET_HOST: values.host,
      BUCKET_NAME: values.bucket,
      BUCKET_PORT: String(values.port),
      BUCKET_REGION: values.region,
      BUCKET_SUBREGION: '',
    },
  })),
  /** Source: container-object-storage-interface, protocols of `v1alpha2`. */
  'cosi-v1alpha2': bucketPreset([], (values) => ({
    data: {
      COSI_PROTOCOL: 'S3',
      COSI_S3_BUCKET_ID: values.bucket,
      COSI_S3_ENDPOINT: values.endpoint,
      COSI_S3_REGION: values.region,
      COSI_S3_ADDRESSING_STYLE: values.pathStyle ? 'path' : 'virtual',
      COSI_S3_ACCESS_KEY_ID: values.accessKeyId,
      COSI_S3_ACCESS_SECRET_KEY: values.secretAccessKey,
    },
  })),
  /** Source: Loki Operator, "Object Storage", AWS S3 with static credentials. */
  'loki-operator': bucketPreset([], (values) => ({
    data: {
      bucketnames: values.bucket,
      endpoint: values.endpoint,
      region: values.region,
      access_key_id: values.accessKeyId,
      access_key_secret: values.secretAccessKey,
      forcepathstyle: String(values.pathStyle),
    },
  })),
  /** Source: Thanos, "Object Storage & Data Format": the endpoint is a host, without a scheme. */
  thanos: bucketPreset(['key', 'path'], (values, { key = 'objstore.yml', path }) => ({
    data: {
      [key]: yamlText({
        type: 'S3',
        config: {
          bucket: values.bucket,
          endpoint: hostAndPort(values),
          region: values.region,
          access_key: values.accessKeyId,
          secret_key: values.secretAccessKey,
          insecure: values.scheme === 'http',
          bucket_lookup_type: values.pathStyle ? 'path' : 'virtual-hosted',
        },
        ...(path === undefined ? {} : { prefix: path }),
      }),
    },
  })),
  /** CloudNativePG names the keys by reference; these are the names of its own documents. */
  cnpg: preset([], (values) => ({
    data: {
      ACCESS_KEY_ID: values.accessKeyId,
      ACCESS_SECRET_KEY: values.secretAccessKey,
      REGION: values.region,
    },
  })),
  /**
   * Source: pgBackRest, "Configuration Reference", section Repository. Operators (Crunchy, Percona) write the location
   * themselves, and pgBackRest refuses an option that is set twice.
   */
  pgbackrest: preset(['key', 'repo', 'includeLocation'], pgBackRestFile),
  /** Source: restic, "Preparing a new repository". RESTIC_PASSWORD comes from elsewhere. */
  restic: bucketPreset(['path'], (values, { path }) => ({
    data: {
      RESTIC_REPOSITORY: `s3:${values.endpoint}/${values.bucket}${path === undefined ? '' : `/${path}`}`,
      AWS_DEFAULT_REGION: values.region,
      ...awsPair(values),
    },
  })),
  /**
   * Source: rclone, "Amazon S3 Storage Providers", Wasabi, and `--s3-no-check-bucket`: else rclone creates the bucket
   * before it uploads, which the user of a bucket that is there already need not be allowed to.
   */
  rclone: preset(['key', 'remote'], (values, { key = 'rclone.conf', remote = 'wasabi' }) => ({
    data: {
      [key]: iniText(remote, {
        type: 's3',
        provider: values.host.endsWith('.wasabisys.com') ? 'Wasabi' : 'Other',
        access_key_id: values.accessKeyId,
        secret_access_key: values.secretAccessKey,
        region: values.region,
        endpoint: values.endpoint,
        force_path_style: String(values.pathStyle),
        no_check_bucket: 'true',
      }),
    },
  })),
  /** Source: CNCF Distribution, "Configuring a registry", overrides by environment. */
  registry: preset([], (values) => ({
    data: {
      REGISTRY_STORAGE_S3_ACCESSKEY: values.accessKeyId,
      REGISTRY_STORAGE_S3_SECRETKEY: values.secretAccessKey,
    },
  })),
} as const satisfies Readonly<Record<PresetName, Preset>>;

function preset(takes: Preset['takes'], render: Preset['render']): Preset {
  return { takes, needsBucket: false, render };
}

function bucketPreset(
  takes: Preset['takes'],
  render: (values: RevealedValues & { readonly bucket: string }, parameters: PresetParameters) => OutputContent,
): Preset {
  return {
    takes,
    needsBucket: true,
    render: (values, parameters) => {
      const { bucket } = values;
      if (bucket === undefined) throw new Error('a preset that needs a bucket was rendered without one');
      return render({ ...values, bucket }, parameters);
    },
  };
}

function awsPair({ accessKeyId, secretAccessKey }: RevealedValues) {
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

/**
 * No AWS_ENDPOINT_URL: it would send the calls of every other service to this endpoint, too. Checksums where a call demands
 * one: what SDKs send by default over HTTPS is a body with a trailer, which Wasabi is said to refuse (docs/wasabi.md, W27).
 * Source: AWS SDKs and Tools Reference Guide, "Data Integrity Protections for Amazon S3".
 */
function awsVariables(values: RevealedValues): Entries {
  return {
    ...awsPair(values),
    AWS_REGION: values.region,
    AWS_DEFAULT_REGION: values.region,
    AWS_ENDPOINT_URL_S3: values.endpoint,
    AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
    AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
    ...(values.bucket === undefined ? {} : { BUCKET: values.bucket }),
  };
}

function pgBackRestFile(values: RevealedValues, parameters: PresetParameters): OutputContent {
  const { key = 's3.conf', repo = 1, includeLocation = false } = parameters;
  const location = {
    ...(values.bucket === undefined ? {} : { 's3-bucket': values.bucket }),
    's3-endpoint': values.host,
    ...(values.port === 443 ? {} : { 'storage-port': String(values.port) }),
    's3-region': values.region,
    's3-uri-style': values.pathStyle ? 'path' : 'host',
  };
  const options = {
    's3-key': values.accessKeyId,
    's3-key-secret': values.secretAccessKey,
    ...(includeLocation ? location : {}),
  };
  const entries = Object.entries(options).map(([name, value]) => [`repo${repo}-${name}`, value]);
  return { data: { [key]: iniText('global', Object.fromEntries(entries)) } };
}
