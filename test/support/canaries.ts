import { CONFIG_MAPS, EVENTS, LEASES, SECRETS, WORKLOADS } from '../../src/api/core-types.ts';
import { KINDS } from '../../src/api/kinds.ts';
import type { ProxiedCall } from './proxy.ts';
import type { World } from './world.ts';

/** The shapes in which the text of a key may come out, by name; each gives what to look for. */
export const SHAPES: Readonly<Record<string, (text: string) => readonly string[]>> = {
  plain: (text) => [text],
  // Whoever cuts a text off shows one end of it.
  ends: (text) => [text.slice(0, SHOWN), text.slice(-SHOWN)],
  base64: (text) => insideBase64(text, 'base64'),
  base64url: (text) => insideBase64(text, 'base64url'),
  hex: (text) => [hexOf(text), hexOf(text).toUpperCase()],
  url: (text) => [encodeURIComponent(text), encodeURIComponent(text).replaceAll(/%../g, (code) => code.toLowerCase())],
  json: (text) => [JSON.stringify(text).slice(1, -1), JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/')],
  // A JSON document within one, such as an annotation that quotes a manifest.
  'json in json': (text) => [JSON.stringify(JSON.stringify(text)).slice(3, -3)],
  xml: (text) => [text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')],
};

const SHOWN = 12;

/** Something that was said, and where. */
export interface Saying {
  readonly where: string;
  readonly text: string;
}

/** Which of the texts came out where, and in which shape; the texts by their number. */
export function leaks(texts: readonly string[], sayings: readonly Saying[]): readonly string[] {
  return texts.flatMap((text, index) =>
    Object.entries(SHAPES).flatMap(([shape, render]) => {
      const needles = render(text);
      const found = sayings.filter((saying) => needles.some((needle) => saying.text.includes(needle)));
      return found.map(({ where }) => `text ${index}, ${shape}: ${where}`);
    }),
  );
}

/**
 * Everything that the operator of now has said so far outside the values of Secrets, and everything that stands in the
 * namespaces that it looks after: log, calls of both sides with their bodies, metrics, objects. Where a Secret is written or stands, all of it
 * but its values.
 */
export async function saidBy(world: World): Promise<readonly Saying[]> {
  const { log, kube, wasabi, running } = world.operator;
  const calls = [
    ...kube.calls.map((call) => ({ ...sayingOf(call), text: `${sayingOf(call).text}${withoutValues(call)}` })),
    ...wasabi.calls.map((call) => ({ ...sayingOf(call), text: `${sayingOf(call).text}${call.body}` })),
  ];
  return [
    ...log.map((text) => ({ where: `log: ${text.slice(0, 200)}`, text })),
    ...calls,
    { where: 'metrics', text: await running.metrics.text() },
    ...(await objectsOf(world)),
  ];
}

/** What the operator wrote into Secrets, values and all: there every key has to be found. */
export function writtenToSecrets({ operator }: World): readonly Saying[] {
  return operator.kube.calls.filter(isOnSecret).map(({ url, body }) => ({ where: url, text: body }));
}

/** Whether the call is about Secrets. */
export function isOnSecret({ url }: ProxiedCall): boolean {
  return /\/secrets([/?]|$)/.test(url);
}

async function objectsOf({ cluster, namespace, neighbours }: World): Promise<readonly Saying[]> {
  const types = [...KINDS.map(({ type }) => type), CONFIG_MAPS, EVENTS, LEASES, SECRETS, ...Object.values(WORKLOADS)];
  const sayings: Saying[] = [];
  for (const place of [namespace, ...neighbours]) {
    for (const type of types) {
      const { items } = await cluster.admin.list(type, place);
      for (const item of items) {
        const text = JSON.stringify(type === SECRETS ? { ...item, data: undefined } : item);
        sayings.push({ where: `${type.kind} ${place}/${item.metadata.name}`, text });
      }
    }
  }
  return sayings;
}

function sayingOf({ method, url, host, authorization }: ProxiedCall): Saying {
  return { where: `${method} ${host}${url}`, text: `${method} ${host}${url} ${authorization}\n` };
}

function withoutValues(call: ProxiedCall): string {
  if (!isOnSecret(call) || call.body === '') return call.body;
  const { data: _data, ...rest } = JSON.parse(call.body) as Readonly<Record<string, unknown>>; // what our client sends
  return JSON.stringify(rest);
}

/** As it stands within a longer text that is encoded as a whole: wherever it begins, without the signs it shares with others. */
function insideBase64(text: string, encoding: 'base64' | 'base64url'): readonly string[] {
  const bytes = Buffer.from(text, 'utf8');
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString(encoding);
    const signs = (count: number) => (count * 8) / 6;
    return encoded.slice(Math.ceil(signs(before)), Math.floor(signs(before + bytes.length)));
  });
}

function hexOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('hex');
}
