import { join } from 'node:path';
import type { ControlPlaneFiles } from './control-plane-files.ts';

const serviceAddresses = '10.0.0.0/24';

/**
 * The controllers that tests need. There is no kubelet and no scheduler: pods are made and never run. The last two
 * keep the aggregated roles and the type check of admission policies.
 */
const controllers = [
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'daemonset-controller',
  'clusterrole-aggregation-controller',
  'validatingadmissionpolicy-status-controller',
] as const;

/** etcd on loopback, without waiting for the disk: a crash of the machine may lose the state of a test. */
export function etcdArguments(files: ControlPlaneFiles, port: number): readonly string[] {
  const url = `http://127.0.0.1:${port}`;
  return [
    `--data-dir=${files.etcdData}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    '--listen-peer-urls=http://127.0.0.1:0',
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/** A kube-apiserver with RBAC, static tokens, a self-signed certificate and an audit log. */
export function apiServerArguments(files: ControlPlaneFiles, etcdUrl: string, port: number): readonly string[] {
  return [
    `--etcd-servers=${etcdUrl}`,
    // Compaction happens when a test asks for it, never by itself in the middle of one. With 0 the server would not
    // notice those that tests ask for.
    '--etcd-compaction-interval=24h',
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${files.certificates}`,
    // The Service "kubernetes" may not have a loopback address as its endpoint.
    '--endpoint-reconciler-type=none',
    `--service-cluster-ip-range=${serviceAddresses}`,
    '--authorization-mode=RBAC',
    `--token-auth-file=${files.tokens}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${files.serviceAccountKey}`,
    `--service-account-signing-key-file=${files.serviceAccountKey}`,
    `--audit-policy-file=${files.auditPolicy}`,
    `--audit-log-path=${files.auditLog}`,
    '--allow-privileged=true',
    '--v=1',
  ];
}

/** A kube-controller-manager with the controllers above, without leader election and without a port. */
export function controllerManagerArguments(files: ControlPlaneFiles, kubeconfigPath: string): readonly string[] {
  return [
    `--kubeconfig=${kubeconfigPath}`,
    `--controllers=${controllers.join(',')}`,
    `--service-account-private-key-file=${files.serviceAccountKey}`,
    `--root-ca-file=${join(files.certificates, 'apiserver.crt')}`,
    '--leader-elect=false',
    '--secure-port=0',
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
    '--v=1',
  ];
}
