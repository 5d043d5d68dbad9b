import { readFileSync } from 'node:fs';

/** A control plane that somebody else has started: `npm run test:cluster` starts one for all suites. */
export interface SharedControlPlane {
  readonly url: string;
  /** A bearer token of the group system:masters. */
  readonly token: string;
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string;
  readonly caFile: string;
  readonly etcdUrl: string;
  readonly auditLogPath: string;
  readonly kubeconfigPath: string;
}

/** The names of the variables, by what they hold. */
export const sharedControlPlaneVariables = {
  url: 'TEST_CLUSTER_URL',
  token: 'TEST_CLUSTER_TOKEN',
  caFile: 'TEST_CLUSTER_CA_FILE',
  etcdUrl: 'TEST_CLUSTER_ETCD_URL',
  auditLogPath: 'TEST_CLUSTER_AUDIT_LOG',
  kubeconfigPath: 'TEST_CLUSTER_KUBECONFIG',
} as const;

/**
 * The control plane that the environment names, or `undefined` where it names none: then the suite is to be skipped.
 * @throws Error when some of the variables are set and others are not.
 */
export function sharedControlPlane(env: NodeJS.ProcessEnv = process.env): SharedControlPlane | undefined {
  const names = sharedControlPlaneVariables;
  if (env[names.url] === undefined) return undefined;
  const required = (name: string): string => {
    const value = env[name];
    if (value === undefined || value === '') throw new Error(`${names.url} is set, but ${name} is not`);
    return value;
  };
  const caFile = required(names.caFile);
  return {
    url: required(names.url),
    token: required(names.token),
    ca: readFileSync(caFile, 'utf8'),
    caFile,
    etcdUrl: required(names.etcdUrl),
    auditLogPath: required(names.auditLogPath),
    kubeconfigPath: required(names.kubeconfigPath),
  };
}
