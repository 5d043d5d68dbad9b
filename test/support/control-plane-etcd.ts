import { request } from 'undici';
import { z } from 'zod';

const rangeAnswer = z.object({ header: z.object({ revision: z.string() }) });
const anyKey = Buffer.from('compaction').toString('base64');

/**
 * Compacts etcd at its newest revision, by the JSON gateway of its API (int64 is a text there).
 * @throws Error when etcd refuses.
 */
export async function compactEtcd(url: string): Promise<void> {
  const { header } = rangeAnswer.parse(await post(`${url}/v3/kv/range`, { key: anyKey }));
  await post(`${url}/v3/kv/compaction`, { revision: header.revision, physical: true });
}

async function post(url: string, body: object): Promise<unknown> {
  const answer = await request(url, { method: 'POST', body: JSON.stringify(body) });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`POST ${url} answered ${answer.statusCode}: ${text}`);
  return JSON.parse(text);
}
