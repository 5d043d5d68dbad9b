import type { ExpectedCall } from './expected-calls.ts';

/** The calls to the service for the rotation of one key, up to the switch and its verification, and what each is for. */
export const ROTATION_CALLS: readonly ExpectedCall[] = [
  { name: 'ListAccessKeys', count: 2, reason: 'which there are before, so that a crash leaves none; verify after' },
  { name: 'GetUser', count: 1, reason: 'that the user is still the one that the key is meant for' },
  { name: 'CreateAccessKey', count: 1, reason: 'the new key' },
  { name: 'GetCallerIdentity', count: 1, reason: 'whether it works, before anybody gets it' },
];

/** The calls to the Kubernetes API for the same. */
export const ROTATION_KUBE_CALLS: readonly ExpectedCall[] = [
  {
    name: 'patch accesskeys/status',
    count: 5,
    reason: 'the intent to create; Probing; Switching; Retaining; the verdict',
  },
  { name: 'create secrets', count: 3, reason: 'a dry run before the key is made; the new key; the one before it' },
  { name: 'patch secrets', count: 2, reason: 'a dry run of the switch before the key is made; the switch' },
  { name: 'delete secrets', count: 1, reason: 'that of the new key, once it is in use' },
  {
    name: 'get secrets',
    count: 6,
    reason:
      'that of the key in use, and before it is copied; that of the new one, to try it, and before it is copied; verify both after',
  },
  { name: 'get secrets 404', count: 3, reason: 'nobody has the names of the new and the previous one; verify' },
  { name: 'create events', count: 1, reason: 'that the key was replaced' },
];
