import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of one control plane, all in one folder that is thrown away with it. */
export interface ControlPlaneFiles {
  readonly directory: string;
  readonly etcdData: string;
  /** The API server writes its self-signed certificate and the signer into it: `apiserver.crt`. */
  readonly certificates: string;
  readonly serviceAccountKey: string;
  readonly tokens: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly adminToken: string;
  readonly controllerManagerToken: string;
}

const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

/** Makes keys, tokens and the audit policy in `directory`. */
export async function writeFiles(directory: string): Promise<ControlPlaneFiles> {
  const files: ControlPlaneFiles = {
    directory,
    etcdData: join(directory, 'etcd'),
    certificates: join(directory, 'certificates'),
    serviceAccountKey: join(directory, 'service-account.key'),
    tokens: join(directory, 'tokens.csv'),
    auditPolicy: join(directory, 'audit-policy.json'),
    auditLog: join(directory, 'audit.log'),
    adminToken: randomBytes(24).toString('hex'),
    controllerManagerToken: randomBytes(24).toString('hex'),
  };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  // Both may do all that there is to do; two names, so that the audit log tells tests and controllers apart.
  const tokens = [
    `${files.adminToken},admin,admin,system:masters`,
    `${files.controllerManagerToken},system:kube-controller-manager,controller-manager,system:masters`,
  ];
  await mkdir(files.certificates, { recursive: true });
  const secret = { mode: 0o600 };
  await writeFile(files.serviceAccountKey, privateKey.export({ type: 'pkcs8', format: 'pem' }), secret);
  await writeFile(files.tokens, `${tokens.join('\n')}\n`, secret);
  await writeFile(files.auditPolicy, JSON.stringify(auditPolicy));
  return files;
}

/** Writes a kubeconfig (in JSON, which is YAML) with one context, and answers its path. */
export async function writeKubeconfig(path: string, url: string, caFile: string, token: string): Promise<string> {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server: url, 'certificate-authority': caFile } }],
    users: [{ name: 'test', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test', namespace: 'default' } }],
    'current-context': 'test',
  };
  await writeFile(path, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  return path;
}
