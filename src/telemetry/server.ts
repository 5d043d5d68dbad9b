import { createServer, type IncomingMessage } from 'node:http';
import { type Check, healthAnswer } from './health.ts';
import { type Answer, LIMITS, type Listening, listen, send, TEXT } from './listening.ts';

/** What `/metrics` serves. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

export interface TelemetryServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Default: all interfaces, since kubelet and Prometheus come from outside the pod. */
  readonly host?: string;
  readonly checks: {
    /** When one of these fails for some time, only a restart helps. */
    readonly health: readonly Check[];
    /** What must be so before this process counts as started. */
    readonly ready: readonly Check[];
  };
  readonly metrics: MetricsSource;
}

/**
 * Serves `/healthz`, `/readyz` and `/metrics`. Each connection carries one request: probes open new ones anyway, and
 * none is left open to be leaked or reset in the middle of a scrape.
 * @throws StartError naming the setting when the port cannot be had
 */
export async function startTelemetryServer(options: TelemetryServerOptions): Promise<Listening> {
  const server = createServer(LIMITS, (request, response) => {
    void answerTo(request, options).then((answer) => send(request, response, answer));
  });
  return listen(server, '--metrics-port (METRICS_PORT)', options.port, options.host);
}

/** Never rejects: what goes wrong is an answer, too. */
async function answerTo(request: IncomingMessage, options: TelemetryServerOptions): Promise<Answer> {
  const { checks, metrics } = options;
  const { probe, name, query, isMetrics } = asked(request.url ?? '');
  if (probe === undefined && !isMetrics) {
    return { status: 404, type: TEXT, body: 'not found: /healthz, /readyz, /metrics\n' };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, type: TEXT, body: 'only GET and HEAD\n', allow: 'GET, HEAD' };
  }
  if (probe !== undefined) {
    const { status, isJson, body } = healthAnswer(
      probe,
      probe === 'healthz' ? checks.health : checks.ready,
      name,
      query,
    );
    return { status, type: isJson ? 'application/json' : TEXT, body };
  }
  try {
    return { status: 200, type: metrics.contentType, body: await metrics.text() };
  } catch {
    return { status: 500, type: TEXT, body: 'the metrics could not be collected\n' };
  }
}

/** What a URL asks for: a probe, all its checks or one of them, or the metrics. */
function asked(url: string) {
  const [path = '', query] = url.split('?', 2);
  const [, probe, name] = /^\/(healthz|readyz)(?:\/([\w-]+))?$/.exec(path) ?? [];
  return { probe, name, query: new URLSearchParams(query), isMetrics: path === '/metrics' };
}
