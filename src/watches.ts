import { SECRETS } from './api/core-types.ts';
import type { OperatorParts } from './operator.ts';
import { asError } from './runtime/errors.ts';
import { KubeError } from './runtime/kube.ts';
import { Manager } from './runtime/manager.ts';
import { NamedWatches } from './runtime/named-watches.ts';

/** What to do about kinds of ours that the API server does not serve. */
export const NOT_INSTALLED =
  'the CustomResourceDefinitions are not installed: kubectl apply -f chart/wasabi-s3-operator/crds/';

/** Watches of whole kinds, and the controllers that follow them. */
export function createManager({
  kube,
  clock,
  random,
  config,
  leadership,
  log: ofAll,
  metrics,
}: OperatorParts): Manager {
  const log = ofAll.apart();
  return new Manager({
    kube,
    clock,
    random,
    leadership,
    namespaces: config.namespaces,
    onRelist: (kind, reason) => metrics.relisted(kind, reason),
    onFailure: (kind, error) => {
      const problems = error instanceof KubeError && error.reason === 'NotServed' ? [NOT_INSTALLED] : undefined;
      log.warn({ kind, problems, error: asError(error) }, 'a watch failed and is tried again');
    },
    onDefect: (error) => log.error({ error: asError(error) }, 'a listener failed'),
    onLeadership: (isLeader) => {
      metrics.leadershipChanged(isLeader);
      log.info({ isLeader }, 'leadership changed');
    },
  });
}

/** Watches of single Secrets, by name. */
export function createSecretWatches({ kube, clock, random, log: ofAll, metrics }: OperatorParts): NamedWatches {
  const log = ofAll.apart(); // a pass starts them, and they go on after it
  return new NamedWatches({
    kube,
    type: SECRETS,
    clock,
    random,
    onRelist: (reason) => metrics.relisted('Secret', reason),
    onFailure: (error) => log.warn({ kind: 'Secret', error: asError(error) }, 'a watch failed and is tried again'),
    onDefect: (error) => log.error({ error: asError(error) }, 'a listener failed'),
  });
}
