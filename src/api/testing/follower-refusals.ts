/** What AccessKey, and `autoManage` of Bucket, refuse in outputs. */
export const followerRefusals = [
  {
    title: 'an output without a shape',
    spec: { outputs: [{ name: 'a' }] },
    refusal: 'exactly one of preset and template',
  },
  {
    title: 'an output of two shapes',
    spec: { outputs: [{ name: 'a', preset: 'original', template: { a: 'b' } }] },
    refusal: 'exactly one of preset and template',
  },
  {
    title: 'an output of a type that gives rights',
    spec: { outputs: [{ name: 'a', preset: 'original', type: 'kubernetes.io/service-account-token' }] },
    refusal: 'type must not be one that gives rights in the cluster',
  },
  {
    title: 'a merged output with labels',
    spec: { outputs: [{ name: 'a', preset: 'original', merge: true, labels: { a: 'b' } }] },
    refusal: 'merge goes without type, labels and annotations',
  },
  {
    title: 'a merged output with a ConfigMap',
    spec: { outputs: [{ name: 'a', preset: 'obc', merge: true }] },
    refusal: 'preset obc makes a ConfigMap, too',
  },
] as const;
