import type { Provider } from '../../api/provider.ts';
import type { ReconcileError } from '../../runtime/errors.ts';
import { faultFactsOf, type ServiceName } from '../../wasabi/service-fault.ts';
import { toldByField, toldBySecret, withReason } from '../told-by-field.ts';

/** Failures of a call that went to a wrong place: nobody is there, or somebody else. */
const WRONG_PLACE: ReadonlySet<string> = new Set([
  'DNSLookupFailed',
  'ConnectionFailed',
  'TLSVerificationFailed',
  'UnexpectedAnswer',
  'UnreadableAnswer',
  'Rejected',
]);

/** Which endpoints of a spec lead to a service, the first that is given. */
const ENDPOINTS = {
  s3: ['endpoint'],
  iam: ['iamEndpoint', 'endpoint'],
  sts: ['stsEndpoint', 'iamEndpoint', 'endpoint'],
} as const satisfies Record<ServiceName, readonly (keyof Provider['spec'])[]>;

/** The failure of a call, told by the field of the spec, or by the Secret, that it comes from, where it says so. */
export function providerFailure(error: ReconcileError, resource: Provider): ReconcileError {
  const told = toldBySecret(error, resource, resource);
  const service = faultFactsOf(error)?.service;
  const { spec } = resource;
  if (told !== error || service === undefined) return told;
  if (error.reason === 'WrongRegion' || error.reason === 'InvalidRegion') {
    return service === 's3' ? toldByField(error, `spec.region "${spec.region}"`) : error; // IAM names its field itself
  }
  if (!WRONG_PLACE.has(error.reason)) return error;
  // Wasabi's own IAM and STS are where they are, whatever the spec says of S3.
  const fields = spec.type === 's3' ? ENDPOINTS[service] : ENDPOINTS[service].slice(0, 1);
  const field = fields.find((name) => spec[name] !== undefined);
  if (field !== undefined) {
    const place = `spec.${field} "${spec[field]}"`;
    if (service !== 's3' || error.reason !== 'Rejected' || !isRegional(spec)) {
      return toldByField(error, place, 'if it is wrong, correct it');
    }
    const next = 'the endpoint names that region: if it is misspelt, correct both';
    return withReason(toldByField(error, `spec.region "${spec.region}", ${place}`, next), 'InvalidRegion');
  }
  if (service !== 's3') return error;
  const byRegion = toldByField(
    error,
    `spec.region "${spec.region}"`,
    'the endpoint follows from it: if it is misspelt, correct it',
  );
  return error.reason === 'Rejected' ? withReason(byRegion, 'InvalidRegion') : byRegion;
}

/** Whether the host of the endpoint names the region: a service that does not know the region refuses such a host as well. */
function isRegional({ endpoint = '', region }: Provider['spec']): boolean {
  return URL.canParse(endpoint) && new URL(endpoint).hostname.split('.').includes(region);
}

/**
 * Whether S3 itself gave an answer, be it a refusal.
 * @returns undefined when that failure says nothing of it: S3 was not asked
 */
export function isAnswerOfS3(error: ReconcileError): boolean | undefined {
  const facts = faultFactsOf(error);
  if (facts?.service !== 's3') return undefined;
  return facts.status > 0 && (error.type !== 'Transient' || error.reason === 'ClockSkew');
}
