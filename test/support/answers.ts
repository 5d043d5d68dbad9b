import type { CannedAnswer, ProxiedCall, Proxy, Verdict } from './proxy.ts';
import type { World } from './world.ts';

/** What S3 answers when it refuses. */
export function s3Error(status: number, code: string, headers: Readonly<Record<string, string>> = {}): CannedAnswer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>no</Message><RequestId>R1</RequestId></Error>`;
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body };
}

/** What the Kubernetes API answers when it refuses. */
export function kubeError(code: number, reason: string, headers: Readonly<Record<string, string>> = {}): CannedAnswer {
  const body = JSON.stringify({
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `refused by the test: ${reason}`,
    reason,
    code,
  });
  return { status: code, headers: { 'content-type': 'application/json', ...headers }, body };
}

/** Which calls a fault hits. */
export type Matcher = (call: ProxiedCall) => boolean;

/** A fault that is on: its calls, and the end of it. */
export interface Fault {
  /** Calls that it hit, in order. */
  readonly hits: readonly ProxiedCall[];
  end(): void;
}

/**
 * Gives that verdict to the calls that match, until `end`. One fault a proxy at a time: the newer one takes the place of
 * the older one.
 * @param verdict the verdict, or what gives it for the first, second, … call that matches
 */
export function inject(
  proxy: Proxy,
  matches: Matcher,
  verdict: Verdict | ((hit: number) => Verdict | Promise<Verdict>),
): Fault {
  const hits: ProxiedCall[] = [];
  proxy.decide((call) => {
    if (!matches(call)) return 'pass';
    hits.push(call);
    return typeof verdict === 'function' ? verdict(hits.length) : verdict;
  });
  return { hits, end: () => proxy.decide(undefined) };
}

/** The read with which a pass over a bucket begins. */
export function isLook(call: ProxiedCall, bucket: string): boolean {
  return call.method === 'GET' && isOn(call, bucket, 'tagging');
}

/** A call on a bucket: on that subresource, or on the bucket itself. */
export function isOn({ url }: ProxiedCall, bucket: string, subresource?: string): boolean {
  const { pathname, searchParams } = new URL(url, 'http://any');
  if (pathname !== `/${bucket}` && pathname !== `/${bucket}/`) return false;
  return subresource === undefined ? searchParams.size === 0 : searchParams.has(subresource);
}

/** Whether the call would change something in S3. */
export function isS3Write({ method, host }: ProxiedCall): boolean {
  return method !== 'GET' && method !== 'HEAD' && !/^(iam|sts)\./.test(host);
}

/** Whether the call would change something in IAM. */
export function isIamWrite({ host, body }: ProxiedCall): boolean {
  return host.startsWith('iam.') && !/(?:^|&)Action=(?:Get|List)/.test(body);
}

/** A write of the operator to that object; `status`: to its status, or to all the rest. */
export function isPatch({ method, url }: ProxiedCall, name: string, part: 'status' | 'rest'): boolean {
  const path = url.split('?')[0] ?? '';
  return method === 'PATCH' && path.endsWith(part === 'status' ? `/${name}/status` : `/${name}`);
}

/** An Event as the operator sent it. */
export interface SentEvent {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
}

/** The Events about that object, in the order in which they were sent. */
export function eventsAbout(world: World, kind: string, name: string): readonly SentEvent[] {
  return world.operator.kube.calls.flatMap(({ method, url, body }): SentEvent[] => {
    if (method !== 'POST' || !url.includes('/events')) return [];
    const event = JSON.parse(body) as SentEvent & { regarding: { kind: string; name: string } }; // our own event
    return event.regarding.kind === kind && event.regarding.name === name ? [event] : [];
  });
}
