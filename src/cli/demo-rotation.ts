import { BUCKETS } from '../api/bucket.ts';
import { GROUP } from '../api/meta.ts';
import { BUCKET, type KeyPair, keyOf, pairIn, read, type Stage, storeWith } from './demo-stage.ts';
import { until } from './wait.ts';

/** Asks for another key, shows that the Secret gets one that was tried, and that the one before it works on. */
export async function rotateKey(stage: Stage): Promise<void> {
  const { screen, kube, emulator } = stage;
  screen.title('Replace the key');
  const old = await pairIn(stage);
  const before = emulator.calls.length;
  await kube.patch(BUCKETS, keyOf('app-logs'), {
    type: 'merge',
    body: { metadata: { annotations: { [`${GROUP}/rotate-requested-at`]: new Date().toISOString() } } },
  });
  const fresh = await screen.step('The Secret gets a new key, which the operator has tried', () =>
    replaced(stage, old, before),
  );
  screen.listing([callsOfKey(stage, before, fresh).join(' → ')]);
  await screen.step('At this moment both keys work: each puts an object', async () => {
    await Promise.all(
      [old, fresh].map(async (pair) => {
        const name = `logs/by-${pair.accessKeyId}.txt`;
        await storeWith(stage, pair).put(BUCKET, name, pair.accessKeyId);
        const found = await storeWith(stage, pair).get(BUCKET, name);
        if (found !== pair.accessKeyId) throw new Error(`${name}: got ${JSON.stringify(found)}`);
      }),
    );
  });
  const { status } = await read(kube, 'AccessKey', 'app-logs-accesskey');
  screen.fact(
    `${old.accessKeyId} → ${fresh.accessKeyId}; who still has the old one may use it until ${status?.retireTime}`,
  );
}

/** Waits until the switch is done and told. @throws Error when the Secret got a key that was not tried before */
async function replaced(stage: Stage, old: KeyPair, before: number): Promise<KeyPair> {
  const { kube, waiting } = stage;
  let fresh = old;
  await until('the Secret holds another key', waiting, async () => {
    fresh = await pairIn(stage);
    return fresh.accessKeyId !== old.accessKeyId;
  });
  if (!callsOfKey(stage, before, fresh).includes('GetCallerIdentity')) {
    throw new Error(`the Secret holds key ${fresh.accessKeyId}, which was not tried before`);
  }
  await until('the old key is retained', waiting, async () => {
    const { status } = await read(kube, 'AccessKey', 'app-logs-accesskey');
    return status?.rotation?.step === 'Retaining' && status.retireTime !== undefined;
  });
  const kept = await pairIn(stage, '-previous');
  if (kept.secretAccessKey !== old.secretAccessKey) throw new Error('the old key is in no Secret any more');
  return fresh;
}

/** The operator's calls that made and tried that key, with the code where they were refused. */
function callsOfKey({ emulator }: Stage, from: number, { accessKeyId }: KeyPair): readonly string[] {
  return emulator.calls
    .slice(from)
    .filter((call) => call.operation === 'CreateAccessKey' || call.accessKeyId === accessKeyId)
    .filter((call) => call.userAgent.startsWith('wasabi-s3-operator'))
    .map(({ operation, code }) => (code === '' ? operation : `${operation} (${code})`));
}
