import { randomBytes } from 'node:crypto';
import { type ServiceName, signatureVerifier } from './authentication.ts';
import { Authorizer } from './authorization.ts';
import { type Call, type Operation, type Reply, type ServiceOperation, type Target, targetOf } from './call.ts';
import { verifiedChecksums } from './checksums.ts';
import { decodeBody } from './chunked.ts';
import { claimedKeyId, claimedService } from './claimed-signature.ts';
import { type Endpoint, type EndpointUrls, endpointOf, type RequestPath, readPath } from './endpoint.ts';
import { queryErrorXml, ServiceError, s3ErrorXml } from './errors.ts';
import { type Anachronism, inThePast } from './history.ts';
import { hostIdOf } from './host-id.ts';
import { QUERY_NAMESPACES } from './iam/query.ts';
import { iamResourceOf } from './iam/resource.ts';
import { checkKey } from './object-headers.ts';
import type { Settings } from './options.ts';
import { formOf, queryOperationOf } from './query-operations.ts';
import { s3OperationOf } from './router.ts';
import { actionsOf, resourceArn } from './s3-permissions.ts';
import type { State } from './state.ts';
import { wrongRegion } from './wrong-region.ts';
import { documentOf } from './xml.ts';

/** A request whose body has come in whole. */
export interface RawRequest {
  readonly method: string;
  /** As on the request line. */
  readonly target: string;
  /** Lower-case names; repeated headers joined with commas, as a signature covers them. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** The region of the listener it came in by, when that serves one region only. */
  readonly listenerRegion: string | undefined;
  /** IP address of the client. */
  readonly sourceIp: string;
  /** How it was encrypted; absent: not at all. */
  readonly tls?: { readonly version: string; readonly cipher: string } | undefined;
}

/** What a request turned out to mean, before anything was done. */
export interface Addressed {
  readonly requestId: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly service: ServiceName;
  readonly endpoint: Endpoint;
  readonly path: RequestPath;
  /** The parameters of an IAM or STS call; empty for S3. */
  readonly form: ReadonlyMap<string, string>;
  readonly operation: Operation | undefined;
  readonly accessKeyId: string | undefined;
  /** Why it cannot be worked on; it is answered with that. */
  readonly problem: ServiceError | undefined;
  /** Why it means no operation; it is answered with that once its signature is found right. */
  readonly operationProblem: ServiceError | undefined;
}

export interface Answered {
  readonly reply: Reply;
  /** '' for success. */
  readonly code: string;
  readonly accountId: string | undefined;
  /** Who called, as the access log has it: an account for its root, an ARN for others. */
  readonly requester: string | undefined;
}

/** What an error answer is made of: a ServiceError, or a fault of any code. */
type AnswerableError = Pick<ServiceError, 'code' | 'message' | 'status' | 'elements' | 'headers'>;

const NO_FORM: ReadonlyMap<string, string> = new Map();
const GLOBAL: Endpoint = { service: 's3', region: 'us-east-1' };

/** Turns requests into answers. Each call takes effect at one instant: nothing in here waits. */
export class Dispatcher {
  readonly #state: State;
  readonly #settings: Settings;
  readonly #urls: EndpointUrls;
  readonly #authorizer: Authorizer;
  readonly #verify: ReturnType<typeof signatureVerifier>;
  #errorCount = 0;
  #missingCount = 0;

  constructor(state: State, settings: Settings, urls: EndpointUrls) {
    this.#state = state;
    this.#settings = settings;
    this.#urls = urls;
    this.#authorizer = new Authorizer(settings);
    this.#verify = signatureVerifier(state, settings);
  }

  /** Whom and what a request means. Never throws. */
  address(request: RawRequest): Addressed {
    const { headers } = request;
    const base = { requestId: randomBytes(8).toString('hex').toUpperCase(), headers };
    let endpoint = GLOBAL;
    let path = readPath('/', undefined);
    let service: ServiceName = 's3';
    try {
      endpoint = endpointOf(headers['host'], request.listenerRegion, this.#settings.regions);
      path = readPath(request.target, endpoint.bucketName);
      service = serviceOf(endpoint, claimedService(headers, path.query));
      const accessKeyId = claimedKeyId(headers, path.query);
      const form = service === 's3' ? NO_FORM : formOf(request, path);
      const meaning = meaningOf(service, request, path, form);
      return { ...base, ...meaning, form, service, endpoint, path, accessKeyId, problem: undefined };
    } catch (thrown) {
      const nothing = { form: NO_FORM, operation: undefined, operationProblem: undefined, accessKeyId: undefined };
      return { ...base, ...nothing, service, endpoint, path, problem: serviceErrorOf(thrown) };
    }
  }

  /** Verifies the signature and does what the request asks. Never throws. */
  answer(request: RawRequest, addressed: Addressed, nowMs: number, anachronism: Anachronism): Answered {
    let accountId: string | undefined;
    let requester: string | undefined;
    try {
      if (addressed.problem !== undefined) throw addressed.problem;
      const call = this.#authenticated(request, addressed, nowMs, anachronism);
      const { account, identity } = call.caller;
      if (identity.type !== 'Anonymous') {
        accountId = account.accountId;
        requester = identity.type === 'Root' ? accountId : identity.arn;
      }
      if (addressed.operationProblem !== undefined) throw addressed.operationProblem;
      return { reply: this.#run(call, addressed.operation), code: '', accountId, requester };
    } catch (thrown) {
      const error = this.#inItsWords(serviceErrorOf(thrown));
      return { reply: this.errorReply(request.method, addressed, error), code: error.code, accountId, requester };
    }
  }

  /** The answer that tells of an error, in the form of the service. */
  errorReply(method: string, { service, path, requestId }: Addressed, error: AnswerableError): Reply {
    const { code, message, elements, status } = error;
    const wire = { code, message, elements };
    const xml =
      service === 's3'
        ? s3ErrorXml(wire, { requestId, hostId: hostIdOf(requestId), resource: path.path }, this.#shape())
        : queryErrorXml(wire, status, requestId, QUERY_NAMESPACES[service]);
    const headers = { 'content-type': service === 's3' ? 'application/xml' : 'text/xml', ...error.headers };
    // HEAD has no body: the status is all that a client learns.
    return method === 'HEAD' ? { status, headers: error.headers } : { status, headers, body: documentOf(xml) };
  }

  #authenticated(request: RawRequest, addressed: Addressed, nowMs: number, { skewMs, past }: Anachronism): Call {
    const { service, endpoint, path, headers, requestId, form } = addressed;
    const { method, body } = request;
    const signable = { method, path: path.path, rawQuery: path.rawQuery, query: path.query, headers, body };
    const { caller, chunkSeed } = this.#verify(signable, service, endpoint.region, { nowMs, skewMs });
    const { quirks } = this.#settings;
    const isS3 = service === 's3';
    const decoded = isS3 ? decodeBody(body, headers, chunkSeed, quirks) : { content: body, trailers: {} };
    const all = { ...headers, ...decoded.trailers };
    const isTls = request.tls !== undefined || headers['x-forwarded-proto']?.toLowerCase() === 'https';
    const facts: Omit<Call, 'permissions'> = {
      service,
      region: endpoint.region,
      method,
      bucketName: path.bucketName,
      key: path.key,
      query: path.query,
      headers: all,
      body: decoded.content,
      form,
      checksums: isS3 ? verifiedChecksums(all, path.query, decoded.content, quirks) : {},
      caller,
      sourceIp: request.sourceIp,
      isTls,
      isSecure: this.#settings.assumesTls || isTls,
      requestId,
      nowMs,
      state: this.#state,
      settings: this.#settings,
      urls: this.#urls,
    };
    const call = { ...facts, permissions: this.#authorizer.permissionsOf(facts) };
    return past === undefined ? call : inThePast(call, past);
  }

  #run(call: Call, operation: Operation | undefined): Reply {
    if (operation === undefined) throw new ServiceError('MethodNotAllowed');
    this.#checkIntegrity(call, operation);
    if (operation.scope === 'service') return this.#runOnService(call, operation);
    const bucket = call.state.buckets.get(call.bucketName ?? '');
    if (bucket === undefined) {
      if (call.caller.identity.type === 'Anonymous') throw new ServiceError('AccessDenied');
      throw new ServiceError('NoSuchBucket', { elements: { BucketName: call.bucketName ?? '' } });
    }
    if (call.key !== undefined) checkKey(call.key);
    const target = targetOf(call, bucket);
    requireActions(call, operation.name, target);
    const isRefusedElsewhere = operation.mutating || operation.name === 'HeadBucket';
    if (isRefusedElsewhere && bucket.region !== call.region) throw wrongRegion(call, bucket);
    try {
      return operation.run(call, bucket);
    } catch (thrown) {
      // Who may not list a bucket does not learn what is missing in it.
      const isMissing = thrown instanceof ServiceError && thrown.code === 'NoSuchKey';
      if (isMissing && !call.permissions.may('s3:ListBucket', { bucket })) throw new ServiceError('AccessDenied');
      throw thrown;
    }
  }

  #runOnService(call: Call, operation: ServiceOperation): Reply {
    if (call.service === 's3') {
      requireActions(call, operation.name, { bucketName: call.bucketName });
      return operation.run(call);
    }
    if (call.service === 'sts') return operation.run(call); // each decides for itself
    const action = `iam:${operation.name}`;
    const resource = iamResourceOf(operation.name, call);
    const { account } = call.caller;
    if (!call.permissions.mayInAccount(action, resource)) throw notAuthorized(call, action, resource);
    if (!operation.mutating) return operation.run(call);
    return this.#authorizer.change(account, call.nowMs, () => operation.run(call));
  }

  /** AWS demands a checksum where half a document would do harm (W44). */
  #checkIntegrity(call: Call, operation: Operation): void {
    if (operation.needsIntegrity !== true || !this.#settings.quirks.integrityRequired) return;
    if (call.headers['content-md5'] !== undefined || Object.keys(call.checksums).length > 0) return;
    throw new ServiceError('InvalidRequest', {
      message: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    });
  }

  /** What is missing is told in two ways (W33). */
  #inItsWords(error: ServiceError): ServiceError {
    const { missingEntity } = this.#settings.quirks;
    if (error.code !== 'NoSuchEntity' || missingEntity === 'NoSuchEntity') return error;
    this.#missingCount += 1;
    const isPlain = missingEntity === 'alternating' && this.#missingCount % 2 === 1;
    return isPlain ? error : new ServiceError('NoSuchEntityException', { message: error.message });
  }

  #shape(): 'Error' | 'ErrorResponse' {
    const { errorShape } = this.#settings.quirks;
    if (errorShape !== 'alternating') return errorShape;
    this.#errorCount += 1;
    return this.#errorCount % 2 === 1 ? 'Error' : 'ErrorResponse';
  }
}

/** @throws ServiceError AccessDenied unless the caller may do all that the operation takes */
function requireActions(call: Call, operation: string, target: Target): void {
  const missing = actionsOf(operation, call).find((action) => !call.permissions.may(action, target));
  if (missing !== undefined) throw notAuthorized(call, missing, resourceArn(target));
}

/** The refusal in AWS's words; who did not sign is told nothing. */
function notAuthorized({ caller }: Call, action: string, resource: string): ServiceError {
  if (caller.identity.type === 'Anonymous') return new ServiceError('AccessDenied');
  const message = `User: ${caller.identity.arn} is not authorized to perform: ${action} on resource: ${resource}`;
  return new ServiceError('AccessDenied', { message });
}

/** The operation that a request means, or why it means none. */
function meaningOf(
  service: ServiceName,
  request: RawRequest,
  path: RequestPath,
  form: ReadonlyMap<string, string>,
): Pick<Addressed, 'operation' | 'operationProblem'> {
  try {
    return { operation: operationOf(service, request, path, form), operationProblem: undefined };
  } catch (thrown) {
    return { operation: undefined, operationProblem: serviceErrorOf(thrown) };
  }
}

function operationOf(
  service: ServiceName,
  request: RawRequest,
  path: RequestPath,
  form: ReadonlyMap<string, string>,
): Operation {
  const { headers } = request;
  if (service !== 's3') return queryOperationOf(service, request.method, form);
  return s3OperationOf({
    method: request.method,
    bucketName: path.bucketName,
    key: path.key,
    query: path.query,
    headers,
  });
}

/** An address without a name serves all: the scope of the signature tells which is meant. */
function serviceOf(endpoint: Endpoint, claimed: string | undefined): ServiceName {
  if (endpoint.service !== 'any') return endpoint.service;
  return claimed === 'iam' || claimed === 'sts' ? claimed : 's3';
}

/** A defect of the emulator is answered as the service would answer its own, with the cause in the message: this is a test tool. */
function serviceErrorOf(thrown: unknown): ServiceError {
  if (thrown instanceof ServiceError) return thrown;
  const text = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : 'unknown';
  return new ServiceError('InternalError', { message: `The emulator failed: ${text}` });
}
