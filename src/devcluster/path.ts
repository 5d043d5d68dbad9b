/** What a URL path names. */
export interface ResourcePath {
  readonly group: string;
  readonly version: string;
  /** undefined: all namespaces, or a cluster-scoped resource. */
  readonly namespace: string | undefined;
  readonly plural: string;
  /** undefined: the collection. */
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** Decodes one segment; undefined when its escapes are broken. */
function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/**
 * Reads `/api/v1/…` and `/apis/GROUP/VERSION/…`; undefined for any other path. The namespaces themselves are a
 * cluster-scoped resource: `/api/v1/namespaces/NAME[/status|/finalize]`.
 */
export function parseResourcePath(pathname: string): ResourcePath | undefined {
  const segments: string[] = [];
  for (const segment of pathname.split('/').slice(1)) {
    const text = decoded(segment);
    if (text === undefined || text === '') return undefined;
    segments.push(text);
  }
  const root = segments.shift();
  const group = root === 'api' ? '' : root === 'apis' ? segments.shift() : undefined;
  const version = segments.shift();
  if (group === undefined || version === undefined || segments.length === 0) return undefined;
  const isInNamespace = segments[0] === 'namespaces' && segments.length > 2 && !isNamespaceSubresource(group, segments);
  const namespace = isInNamespace ? segments[1] : undefined;
  const [plural, name, subresource, ...rest] = isInNamespace ? segments.slice(2) : segments;
  if (plural === undefined || rest.length > 0) return undefined;
  return { group, version, namespace, plural, name, subresource };
}

function isNamespaceSubresource(group: string, segments: readonly string[]): boolean {
  return group === '' && segments.length === 3 && (segments[2] === 'status' || segments[2] === 'finalize');
}
