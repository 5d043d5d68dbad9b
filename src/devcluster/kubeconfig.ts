/** A kubeconfig (JSON, which is YAML) with one context for one token. */
export function kubeconfigText(url: string, token: string): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'devcluster', cluster: { server: url } }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'devcluster', context: { cluster: 'devcluster', user: 'admin', namespace: 'default' } }],
    'current-context': 'devcluster',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
