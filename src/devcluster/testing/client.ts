import type { TestContext } from 'node:test';
import { Agent, request } from 'undici';
import { isObject, type Json, type JsonObject, listOf, objectOf, textOf } from '../json.ts';
import { type DevCluster, type DevClusterOptions, startDevCluster } from '../server.ts';

/** An answer; `body` is {} when it is no JSON object. */
export interface Reply {
  readonly code: number;
  readonly body: JsonObject;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a request has beside method, path and body. */
export interface RequestOptions {
  readonly type?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An open watch: its lines as they come. */
export interface OpenWatch {
  readonly code: number;
  /** The next event. @throws Error when the stream ends first */
  readonly next: () => Promise<JsonObject>;
  /** The events up to the end of the stream. */
  readonly rest: () => Promise<readonly JsonObject[]>;
  readonly close: () => void;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** A cluster for one test, and what a client does with it. */
export interface TestCluster {
  readonly cluster: DevCluster;
  readonly call: (
    method: Method,
    path: string,
    body?: Json | string | Buffer,
    options?: RequestOptions,
  ) => Promise<Reply>;
  readonly watch: (path: string, accept?: string) => Promise<OpenWatch>;
  /** POSTs an object and demands success. @throws Error with the answer */
  readonly create: (path: string, object: JsonObject) => Promise<JsonObject>;
  /** Asks again until the answer fits. @throws Error after 5 seconds, naming the last answer */
  readonly until: (path: string, fits: (reply: Reply) => boolean) => Promise<Reply>;
}

function parsed(text: string): JsonObject {
  try {
    const value: Json = JSON.parse(text);
    return objectOf(value);
  } catch {
    return {};
  }
}

function bodyText(body: Json | string | Buffer): string | Buffer {
  return typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}

async function* linesOf(body: AsyncIterable<unknown>): AsyncGenerator<JsonObject> {
  let rest = '';
  for await (const chunk of body) {
    const lines = (rest + String(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield parsed(line);
  }
}

/** Starts a cluster that ends with the test. */
export async function startCluster(t: TestContext, options: DevClusterOptions = {}): Promise<TestCluster> {
  const cluster = await startDevCluster(options);
  const agent = new Agent({ bodyTimeout: 0 });
  t.after(async () => {
    await agent.destroy();
    await cluster.stop();
  });
  const authorization = `Bearer ${cluster.token.reveal()}`;
  const call: TestCluster['call'] = async (method, path, body, more = {}) => {
    const accept = more.accept ?? 'application/json';
    const type = body === undefined ? {} : { 'content-type': more.type ?? 'application/json' };
    const answer = await request(cluster.url + path, {
      method,
      dispatcher: agent,
      headers: { authorization, accept, ...type, ...more.headers },
      ...(body === undefined ? {} : { body: bodyText(body) }),
    });
    const text = await answer.body.text();
    return { code: answer.statusCode, body: parsed(text), text, headers: answer.headers };
  };
  return {
    cluster,
    call,
    watch: async (path, accept = 'application/json') => {
      const answer = await request(cluster.url + path, { dispatcher: agent, headers: { authorization, accept } });
      const lines = linesOf(answer.body);
      return {
        code: answer.statusCode,
        next: async () => {
          const { value, done } = await lines.next();
          if (done === true) throw new Error('the watch has ended');
          return value;
        },
        rest: async () => {
          const events: JsonObject[] = [];
          for await (const event of lines) events.push(event);
          return events;
        },
        close: () => answer.body.destroy(),
      };
    },
    create: async (path, object) => {
      const reply = await call('POST', path, object);
      if (reply.code !== 201) throw new Error(`POST ${path}: ${reply.code} ${reply.text}`);
      return reply.body;
    },
    until: async (path, fits) => {
      const end = performance.now() + 5000;
      for (;;) {
        const reply = await call('GET', path);
        if (fits(reply)) return reply;
        if (performance.now() > end) throw new Error(`GET ${path} stayed ${reply.code} ${reply.text}`);
      }
    },
  };
}

/** `NAME` of the objects in a list, in order. */
export function namesIn(list: JsonObject): readonly string[] {
  return listOf(list.items).map((item) => textOf(metadataOf(item).name));
}

/** The metadata of an object; {} of anything else. */
export function metadataOf(value: Json | undefined): JsonObject {
  return isObject(value) ? objectOf(value.metadata) : {};
}

/** A CustomResourceDefinition of `widgets.example.com`, or of other names, with a status subresource. */
export function widgetDefinition(spec: JsonObject, changes: JsonObject = {}): JsonObject {
  const names = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['wd'] };
  const status: JsonObject = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const openAPIV3Schema: JsonObject = { type: 'object', properties: { spec, status } };
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema },
    subresources: { status: {} },
  };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'widgets.example.com' },
    spec: { group: 'example.com', names, scope: 'Namespaced', versions: [version], ...changes },
  };
}

/** Where definitions are. */
export const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
/** Where widgets are. */
export const WIDGETS = '/apis/example.com/v1/namespaces/default/widgets';

/** A widget of that name. */
export function widget(name: string, more: JsonObject = {}): JsonObject {
  return { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name }, ...more };
}

/** A ConfigMap of that name. */
export function configMap(name: string, metadata: JsonObject = {}, data: JsonObject = {}): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}

/** Serves widgets with this schema of their spec. @throws Error when that is refused */
export async function serveWidgets({ create, until }: TestCluster, spec: JsonObject): Promise<void> {
  await create(DEFINITIONS, widgetDefinition(spec));
  await until(WIDGETS, ({ code }) => code === 200);
}
