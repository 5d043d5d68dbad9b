import type { Credential } from '../../../runtime/credential.ts';

/** Where and as whom a consumer reaches its objects. */
export interface OutputLocation {
  /** S3 endpoint of the bucket's region: a URL without a path. */
  readonly endpoint: string;
  /** The region of the bucket, else of the Provider; never that of IAM. */
  readonly region: string;
  /** `undefined`: nobody said which bucket it is about. */
  readonly bucket: string | undefined;
  /** Whether the bucket stands in the path of a URL instead of its host. */
  readonly pathStyle: boolean;
  /** IAM user name. */
  readonly user: string;
}

/** Everything that an output may say. `T`: the text of the key, or what keeps it from being seen. */
export interface OutputValues<T = Credential> extends OutputLocation {
  readonly accessKeyId: string;
  readonly secretAccessKey: T;
  /** `https` or `http`. */
  readonly scheme: string;
  /** Host name alone, an IPv6 address in brackets. */
  readonly host: string;
  /** Always set: 443 or 80 where the endpoint names none. */
  readonly port: number;
}

/** The same with the text of the key in the open: made where the data of a Secret is built, and kept nowhere. */
export type RevealedValues = OutputValues<string>;

/**
 * The values of one output. Pure. No value holds white space or a control character, so that none of them can begin
 * another line of a file, whatever the format.
 * @throws Error where one does, which no schema and no Secret lets through
 */
export function outputValues(
  key: { readonly id: string; readonly secret: Credential },
  location: OutputLocation,
): OutputValues {
  const url = new URL(location.endpoint);
  const scheme = url.protocol.slice(0, -1);
  const values = {
    ...location,
    endpoint: url.origin,
    accessKeyId: key.id,
    secretAccessKey: key.secret,
    scheme,
    host: url.hostname,
    port: url.port === '' ? defaultPort(scheme) : Number(url.port),
  };
  const { accessKeyId, region, bucket = '-', user } = values;
  const texts = { accessKeyId, secretAccessKey: key.secret.reveal(), region, bucket, user };
  for (const [name, value] of Object.entries(texts)) {
    if (!/^[\x21-\x7e]+$/.test(value))
      throw new Error(`the value ${name} is empty, or holds what is not printable ASCII`);
  }
  return values;
}

/** Host and port as in a URL: the port only where it is not the scheme's own. Pure. */
export function hostAndPort({ scheme, host, port }: Pick<OutputValues, 'scheme' | 'host' | 'port'>): string {
  return port === defaultPort(scheme) ? host : `${host}:${port}`;
}

function defaultPort(scheme: string): number {
  return scheme === 'http' ? 80 : 443;
}
