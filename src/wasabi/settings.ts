import type { Credential } from '../runtime/credential.ts';

/** How one Provider is reached, with every default filled in; parsed from its spec and from the Secrets it names. */
export interface ProviderSettings {
  /** `wasabi`: Wasabi's own rules hold (endpoint names, Content-MD5). `s3`: any S3 and IAM server, nothing assumed. */
  readonly type: 'wasabi' | 's3';
  /** The S3 endpoint that serves `region`, an absolute URL. */
  readonly endpoint: string;
  readonly region: string;
  /** The IAM endpoint, an absolute URL, and the region its requests are signed for. */
  readonly iamEndpoint: string;
  readonly iamRegion: string;
  /** `undefined`: the service has no STS. Requests to it are signed for `iamRegion`. */
  readonly stsEndpoint: string | undefined;
  /** `https://HOST/BUCKET` instead of `https://BUCKET.HOST`. */
  readonly pathStyle: boolean;
  /** Attempts inside one call, the first included; 1 to 10. */
  readonly maxAttempts: number;
  readonly backoffStrategy: 'exponential' | 'linear';
  /** One attempt, from the first byte of the connection to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly rate: RateLimit;
  /** PEM certificates that are trusted besides the public ones. */
  readonly caBundle: string | undefined;
  readonly insecureSkipVerify: boolean;
}

/** What an account may be asked. The lowest of all Providers of one account holds. */
export interface RateLimit {
  readonly requestsPerSecond: number;
  /** Requests that may go out at once after a pause. */
  readonly burst: number;
  readonly maxInFlight: number;
}

/** An access key, as a signer needs it. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: Credential;
  /** Of temporary credentials only. */
  readonly sessionToken: Credential | undefined;
}
