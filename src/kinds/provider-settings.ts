import type { Provider } from '../api/provider.ts';
import { PROVIDER_DEFAULTS } from '../api/provider-connection.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { defaultEndpoints } from '../wasabi/endpoints.ts';
import type { ProviderSettings } from '../wasabi/settings.ts';

/**
 * What a Provider's spec means on the wire, every default filled in. Pure.
 * @param defaultRate requests a second where the Provider names none (`--wasabi-rate-limit-per-second`)
 * @throws InvalidSpec when endpoints cannot be derived
 */
export function settingsOf(
  spec: Provider['spec'],
  caBundle: string | undefined,
  defaultRate: number = PROVIDER_DEFAULTS.requestsPerSecond,
): ProviderSettings {
  const defaults = defaultEndpoints(spec.type, spec.region);
  const endpoint = spec.endpoint ?? defaults.endpoint;
  if (endpoint === undefined) {
    throw new ReconcileError('InvalidSpec', 'spec.endpoint is missing: type s3 needs the URL of the server');
  }
  const iamEndpoint = spec.iamEndpoint ?? defaults.iamEndpoint ?? endpoint;
  const requestsPerSecond = spec.rateLimit?.requestsPerSecond ?? defaultRate;
  return {
    type: spec.type,
    endpoint,
    region: spec.region,
    iamEndpoint,
    iamRegion: spec.iamRegion ?? defaults.iamRegion,
    stsEndpoint: spec.stsEndpoint ?? defaults.stsEndpoint ?? iamEndpoint,
    pathStyle: spec.pathStyle,
    maxAttempts: spec.retry?.maxAttempts ?? PROVIDER_DEFAULTS.maxAttempts,
    backoffStrategy: spec.retry?.backoffStrategy ?? 'exponential',
    timeoutMs: (spec.timeoutSeconds ?? PROVIDER_DEFAULTS.timeoutSeconds) * 1_000,
    rate: {
      requestsPerSecond,
      burst: spec.rateLimit?.burst ?? requestsPerSecond,
      maxInFlight: spec.rateLimit?.maxInFlight ?? PROVIDER_DEFAULTS.maxInFlight,
    },
    caBundle,
    insecureSkipVerify: spec.tls?.insecureSkipVerify === true,
  };
}

/** What of the spec an endpoint comes from, for messages. */
export function originOf(spec: Provider['spec'], field: 'endpoint' | 'iamEndpoint' | 'stsEndpoint'): string {
  if (spec[field] !== undefined) return `spec.${field}`;
  return field === 'endpoint'
    ? `the endpoint of spec.region "${spec.region}"`
    : `the default of spec.${field} for spec.type "${spec.type}"`;
}
