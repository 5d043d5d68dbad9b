/** What the file holds beside the address. */
export interface KubeconfigOptions {
  /**
   * For kubectl and other programs in Go, which send a token over TLS alone: it then stands in the server's URL, and
   * must be kept out of logs that print it. Default false: it stands with the user, where every other client looks.
   */
  readonly forKubectl?: boolean;
}

/** A kubeconfig (JSON, which is YAML) with one context for one token. */
export function kubeconfigText(url: string, token: string, { forKubectl = false }: KubeconfigOptions = {}): string {
  const server = forKubectl ? url.replace('://', `://admin:${token}@`) : url;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'devcluster', cluster: { server } }],
    users: [{ name: 'admin', user: forKubectl ? {} : { token } }],
    contexts: [{ name: 'devcluster', context: { cluster: 'devcluster', user: 'admin', namespace: 'default' } }],
    'current-context': 'devcluster',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
