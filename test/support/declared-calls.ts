import { documentedEvents } from '../../src/api/event-reasons.ts';
import { KUBE_RIGHTS } from '../../src/kube-rights.ts';
import { SERVICE_RIGHTS } from '../../src/wasabi/service-rights.ts';

interface ObservedCall {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
}

/** A call as an authorizer sees it. */
interface Attributes {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: `buckets/status`. */
  readonly resource: string;
  readonly name: string | undefined;
}

const METHODS: Readonly<Record<string, string>> = { POST: 'create', PATCH: 'patch', DELETE: 'delete', PUT: 'update' };

/** The calls that no line of KUBE_RIGHTS covers, each once, as text. What everybody may ask (discovery) is none of them. */
export function undeclaredCalls(calls: readonly ObservedCall[]): readonly string[] {
  const attributes = calls.map(attributesOf).filter((call) => call !== undefined);
  const undeclared = attributes.filter((call) => !isDeclared(call));
  return [...new Set(undeclared.map(({ verb, group, resource, name = '' }) => `${verb} ${resource}.${group} ${name}`))];
}

const DECLARED = new Set(SERVICE_RIGHTS.flatMap(({ operations }) => operations));

/** The calls on Wasabi that no line of SERVICE_RIGHTS covers, each once. */
export function undeclaredOperations(operations: readonly string[]): readonly string[] {
  return [...new Set(operations)].filter((operation) => !DECLARED.has(operation));
}

/** The events that were sent with a reason, or a reason of that type, that docs/reference/events.md does not have, each once. */
export function undocumentedEvents(calls: readonly (ObservedCall & { readonly body: string })[]): readonly string[] {
  const documented = documentedEvents();
  const found = calls.flatMap(({ method, url, body }) => {
    if (method !== 'POST' || !url.includes('/apis/events.k8s.io/')) return [];
    const { reason, type } = JSON.parse(body) as { reason: string; type: string }; // our own event
    const known = documented[reason]?.type;
    return known === type || known === 'either' ? [] : [`event ${type} ${reason}`];
  });
  return [...new Set(found)];
}

function isDeclared({ verb, group, resource, name }: Attributes): boolean {
  return KUBE_RIGHTS.some(
    ({ types, subresource, verbs, names }) =>
      types.some((type) => type.group === group && [type.plural, subresource].filter(Boolean).join('/') === resource) &&
      verbs.some((declared) => declared === verb) &&
      (names === undefined || (name !== undefined && names.includes(name))),
  );
}

/** `undefined`: discovery and the like, which name no kind. */
function attributesOf({ method, url }: ObservedCall): Attributes | undefined {
  const { pathname, searchParams } = new URL(url, 'http://api');
  const parts = pathname.split('/').slice(1).map(decodeURIComponent);
  const core = parts[0] === 'api';
  const [resourceOrScope, ...rest] = parts.slice(core ? 2 : 3);
  if (resourceOrScope === undefined) return undefined;
  const isInNamespace = resourceOrScope === 'namespaces' && rest.length > 1;
  const [resource = '', name, subresource] = isInNamespace ? rest.slice(1) : [resourceOrScope, ...rest];
  const isWatch = /^(true|1)$/.test(searchParams.get('watch') ?? '');
  const reading = isWatch ? 'watch' : name === undefined ? 'list' : 'get';
  return {
    verb: method === 'GET' ? reading : (METHODS[method] ?? method),
    group: core ? '' : (parts[1] ?? ''),
    resource: [resource, subresource].filter(Boolean).join('/'),
    name,
  };
}
