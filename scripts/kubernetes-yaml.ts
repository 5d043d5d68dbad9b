import { stringify } from 'yaml';

/**
 * As every tool of Kubernetes reads it. Kustomize, for one, knows YAML 1.1, and takes `2012-10-17` for a time unless it is
 * quoted.
 */
export function kubernetesYaml(object: object): string {
  return stringify(object, { lineWidth: 0, aliasDuplicateObjects: false, compat: 'yaml-1.1' });
}
