import { request } from 'undici';
import { z } from 'zod';

const rangeAnswer = z.object({ header: z.object({ revision: z.string() }) });
/** Where kube-apiserver keeps the compacted revision: all API servers watch this key and then drop their snapshots. */
const compactRevisionKey = 'compact_rev_key';

/**
 * Compacts etcd at its newest revision as kube-apiserver does it (apiserver/pkg/storage/etcd3/compact.go). The API
 * server looks every 15 s: until then it answers for older revisions from its own snapshots.
 * @throws Error when etcd refuses.
 */
export async function compactEtcd(url: string): Promise<void> {
  const key = base64(compactRevisionKey);
  const { header } = rangeAnswer.parse(await post(`${url}/v3/kv/range`, { key }));
  await post(`${url}/v3/kv/put`, { key, value: base64(header.revision) });
  await post(`${url}/v3/kv/compaction`, { revision: header.revision, physical: true });
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The JSON gateway of etcd's API; bytes are base64 in it, and int64 is a text. */
async function post(url: string, body: object): Promise<unknown> {
  const answer = await request(url, { method: 'POST', body: JSON.stringify(body) });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new Error(`POST ${url} answered ${answer.statusCode}: ${text}`);
  return JSON.parse(text);
}
