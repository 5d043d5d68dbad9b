import { type Config, VERSION } from './config.ts';
import { headersOf } from './config-tracing.ts';
import type { Clock } from './runtime/clock.ts';
import { asError, ReconcileError } from './runtime/errors.ts';
import type { KubeCall } from './runtime/kube-calls.ts';
import type { Log } from './telemetry/logger.ts';
import type { Metrics } from './telemetry/metrics.ts';
import type { OtlpSettings } from './telemetry/otlp-tracer.ts';
import { noTracer, type Tracer } from './telemetry/tracer.ts';
import type { CallObserver } from './wasabi/caller.ts';

/** A collector that is away is told of so often. */
const TELL_EVERY_MS = 60_000;
/** Where collectors take gRPC. */
const GRPC_PORT = '4317';

interface Parts {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** The tracer that the settings ask for. Traces that cannot be sent are told of, and stop nothing. */
export async function createTracer(config: Config, parts: Parts): Promise<Tracer> {
  if (!config.tracesEnabled || config.otelDisabled) return noTracer;
  const { log } = parts;
  const settings = settingsOf(config, parts);
  if (settings === undefined) {
    const problem = '--otel-traces-enabled needs --otel-exporter-otlp-endpoint, such as http://collector:4318';
    log.warn({ problems: [problem] }, 'no traces are sent');
    return noTracer;
  }
  try {
    const { createOtlpTracer } = await import('./telemetry/otlp-tracer.ts');
    log.info({ server: settings.url.origin, reason: settings.protocol }, 'traces are sent');
    return createOtlpTracer(settings);
  } catch (thrown) {
    log.warn(
      { problems: ['the packages of OpenTelemetry are not installed'], error: asError(thrown) },
      'no traces are sent',
    );
    return noTracer;
  }
}

interface Told {
  readonly metrics: Metrics;
  readonly tracer: Tracer;
}

/** Tells of each attempt of a call of the Kubernetes API that has ended. */
export function kubeObserver({ metrics, tracer }: Told): (call: KubeCall) => void {
  return (call) => {
    metrics.kubeCalled(call);
    const { verb, resource, code, durationMs } = call;
    const attributes = { 'k8s.api.verb': verb, 'k8s.api.resource': resource, ...statusOf(code) };
    tracer.called(`${verb} ${resource}`, durationMs, attributes, problemOf(code));
  };
}

/** Tells of each attempt of a call of the service that has ended, and of what the rate limits do. */
export function serviceObserver({ metrics, tracer, log }: Told & { readonly log: Log }): CallObserver {
  return {
    onCall: (call) => {
      metrics.serviceCalled(call);
      const method = `${call.service}/${call.operation}`;
      const attributes = { 'rpc.system.name': 'aws-api', 'rpc.method': method, ...statusOf(call.status) };
      tracer.called(method, call.durationMs, attributes, problemOf(call.status));
    },
    onAudit: (record) => log.audit(record),
    onRateLimited: ({ source, account }) => metrics.rateLimited(source, account),
    onWaited: ({ account, waitedMs }) => metrics.waitedForLimit(account, waitedMs),
  };
}

function statusOf(code: number): { 'http.response.status_code'?: number } {
  return code === 0 ? {} : { 'http.response.status_code': code };
}

/** What the semantic conventions call the type of an error of HTTP: the status, where there is one. */
function problemOf(code: number): string | undefined {
  if (code === 0) return 'no_answer';
  return code >= 400 ? String(code) : undefined;
}

/** Undefined: no endpoint is named. */
function settingsOf(config: Config, parts: Parts): OtlpSettings | undefined {
  const endpoint = config.otlpTracesEndpoint ?? config.otlpEndpoint;
  if (endpoint === undefined) return undefined;
  const protocol = config.otlpProtocol ?? (endpoint.port === GRPC_PORT ? 'grpc' : 'http/protobuf');
  const isWhole = protocol === 'grpc' || config.otlpTracesEndpoint !== undefined;
  return {
    url: isWhole ? endpoint : new URL(`${endpoint.href.replace(/\/+$/, '')}/v1/traces`),
    protocol,
    headers: config.otlpHeaders === undefined ? {} : headersOf(config.otlpHeaders.reveal()),
    serviceName: config.serviceName,
    resourceAttributes: config.resourceAttributes,
    clock: parts.clock,
    timeoutMs: config.otlpTimeoutMs,
    certificate: config.otlpCertificate,
    sampler: config.tracesSampler,
    samplerRatio: config.tracesSamplerRatio,
    version: VERSION,
    onDropped: tellingOf(parts, endpoint),
  };
}

function tellingOf({ clock, log: ofAll, metrics }: Parts, { origin: server }: URL): OtlpSettings['onDropped'] {
  const log = ofAll.apart();
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return (count, error) => {
    metrics.spansDropped(count);
    if (clock.monotonicMs() - toldAtMs < TELL_EVERY_MS) return;
    toldAtMs = clock.monotonicMs();
    const { message } = asError(error);
    // A collector that is away is no defect of the operator, whatever its client throws.
    const problem = new ReconcileError('Transient', message, { cause: error });
    log.warn({ server, error: problem }, 'traces could not be sent, and are lost');
  };
}
