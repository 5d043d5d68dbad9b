import { IAMClient } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { ReconcileError } from '../runtime/errors.ts';
import { type AllowedEndpoints, checkEndpoint } from './allowed-endpoints.ts';
import { useContentMd5 } from './checksums.ts';
import { endpointFor } from './endpoints.ts';
import type { Credentials, ProviderSettings } from './settings.ts';
import { transport } from './transport.ts';

export interface SdkOptions {
  readonly settings: ProviderSettings;
  readonly credentials: Credentials;
  readonly allowed: AllowedEndpoints;
  readonly handler: NodeHttpHandler;
  /** Whether requests with a body carry Content-MD5 instead of the SDK's CRC32. */
  readonly contentMd5: boolean;
  /** What is added to the process's own clock to sign, in milliseconds. */
  readonly signingOffsetMs: () => number;
  /** Calls may go there from now on. */
  readonly onEndpoint: (endpoint: URL) => void;
}

/**
 * The SDK's clients of one identity: one for S3 in each region, one for IAM, one for STS, made when first asked for.
 * They are never destroyed: that would close the sockets of every other client of the same handler.
 */
export class SdkClients {
  readonly #options: SdkOptions;
  readonly #s3 = new Map<string, S3Client>();
  #iam: IAMClient | undefined;
  #sts: STSClient | undefined;

  constructor(options: SdkOptions) {
    this.#options = options;
  }

  /** @throws InvalidSpec when the endpoint of that region may not be called */
  s3(region: string): S3Client {
    const known = this.#s3.get(region);
    if (known !== undefined) return known;
    const { settings, contentMd5, allowed } = this.#options;
    checkEndpoint(settings.endpoint, allowed, 'spec.endpoint'); // as it was given: what is derived from it is cleaner
    const client = new S3Client({
      ...this.#common(endpointFor(settings, region), region, 'spec.endpoint'),
      forcePathStyle: settings.pathStyle,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      expectContinueHeader: false,
      followRegionRedirects: false,
      useArnRegion: false,
      disableMultiregionAccessPoints: true,
      disableS3ExpressSessionAuth: true,
      sigv4aSigningRegionSet: [],
    });
    if (contentMd5) {
      client.middlewareStack.add(
        (next) => (args) => {
          useContentMd5(args.request);
          return next(args);
        },
        { step: 'build', priority: 'low', name: 'contentMd5' },
      );
    }
    this.#s3.set(region, this.#signingByOurClock(client));
    return client;
  }

  /** @throws InvalidSpec when the IAM endpoint may not be called */
  iam(): IAMClient {
    const { iamEndpoint, iamRegion } = this.#options.settings;
    this.#iam ??= this.#signingByOurClock(new IAMClient(this.#common(iamEndpoint, iamRegion, 'spec.iamEndpoint')));
    return this.#iam;
  }

  /** @throws Unsupported when the service has no STS, InvalidSpec when its endpoint may not be called */
  sts(): STSClient {
    const { stsEndpoint, iamRegion } = this.#options.settings;
    if (stsEndpoint === undefined) throw new ReconcileError('Unsupported', 'the Provider names no STS endpoint');
    this.#sts ??= this.#signingByOurClock(
      new STSClient({ ...this.#common(stsEndpoint, iamRegion, 'spec.stsEndpoint'), useGlobalEndpoint: false }),
    );
    return this.#sts;
  }

  /** Everything the SDK would otherwise look for in the environment and in files under the home directory is said here. */
  #common(endpoint: string, region: string, field: string) {
    const { credentials, allowed, handler, onEndpoint } = this.#options;
    const checked = checkEndpoint(endpoint, allowed, field);
    onEndpoint(checked);
    return {
      endpoint: checked.origin,
      region,
      credentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: credentials.secretAccessKey.reveal(),
        ...(credentials.sessionToken === undefined ? {} : { sessionToken: credentials.sessionToken.reveal() }),
      },
      maxAttempts: 1, // each attempt must pass the rate limit and the fence: the retries are ours
      retryMode: 'standard' as const,
      defaultsMode: 'standard' as const,
      requestHandler: transport(handler),
      authSchemePreference: [],
      useDualstackEndpoint: false,
      useFipsEndpoint: false,
      userAgentAppId: '',
      disableClockSkewCorrection: false, // the offset by which it would correct is ours
    };
  }

  /** The SDK signs with the process's clock plus this offset, and would move the offset by itself after each answer. */
  #signingByOurClock<C extends { readonly config: object }>(client: C): C {
    Object.defineProperty(client.config, 'systemClockOffset', {
      get: this.#options.signingOffsetMs,
      set: () => {},
      enumerable: true,
    });
    return client;
  }
}
