import { readFileSync } from 'node:fs';
import { type ConfigRow, choice, number, textRow, toggle } from './config-rows.ts';
import { listOf, problemOf } from './config-values.ts';
import { Credential } from './runtime/credential.ts';
import { asError } from './runtime/errors.ts';

/** How to send traces: the names and meanings are those of the OpenTelemetry specification. */
export interface TracingConfig {
  readonly tracesEnabled: boolean;
  /** Whatever else says that traces are on. */
  readonly otelDisabled: boolean;
  readonly serviceName: string | undefined;
  readonly resourceAttributes: Readonly<Record<string, string>>;
  /** Of a collector, for all that it takes. */
  readonly otlpEndpoint: URL | undefined;
  /** Of a collector, for traces alone. */
  readonly otlpTracesEndpoint: URL | undefined;
  /** Undefined: as the port of the endpoint says. */
  readonly otlpProtocol: 'grpc' | 'http/protobuf' | undefined;
  /** Headers of every call of the collector; they may hold a token. */
  readonly otlpHeaders: Credential | undefined;
  readonly otlpTimeoutMs: number;
  /** Authorities that the certificate of the collector may come from, PEM. */
  readonly otlpCertificate: string | undefined;
  readonly tracesSampler: SamplerName;
  /** Which share of the traces is kept, by the samplers of a ratio. */
  readonly tracesSamplerRatio: number;
}

/** Which traces are kept, by the names of the specification. */
export const SAMPLERS = [
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
  'always_on',
  'always_off',
  'traceidratio',
] as const;

/** One of them. */
export type SamplerName = (typeof SAMPLERS)[number];

const MAX_TIMEOUT_MS = 60_000;

const rows: readonly ConfigRow<keyof TracingConfig>[] = [
  toggle('tracesEnabled', 'otel-traces-enabled', false, 'send traces to the collector of the endpoint'),
  toggle('otelDisabled', 'otel-sdk-disabled', false, 'send no traces, whatever else is set'),
  {
    ...textRow('serviceName', 'otel-service-name', 'name', 'as whose the traces are told of'),
    shown: '`service.name` of the attributes, else wasabi-s3-operator',
  },
  {
    ...textRow('resourceAttributes', 'otel-resource-attributes', 'list', 'attributes of every span'),
    fallback: {},
    values: '`NAME=VALUE`, separated by commas',
    parse: (text) => {
      const entries = listOf(text, pairProblem);
      return entries instanceof Error ? entries : pairsOf(entries);
    },
  },
  endpoint('otlpEndpoint', 'otel-exporter-otlp-endpoint', 'the collector; over HTTP `/v1/traces` is put behind it'),
  endpoint('otlpTracesEndpoint', 'otel-exporter-otlp-traces-endpoint', 'the collector for traces alone, as it stands'),
  {
    ...choice(
      'otlpProtocol',
      'otel-exporter-otlp-protocol',
      '',
      ['grpc', 'http/protobuf'],
      'how the collector is spoken to',
    ),
    fallback: undefined,
    shown: '`grpc` at port 4317, else `http/protobuf`',
  },
  {
    ...textRow('otlpHeaders', 'otel-exporter-otlp-headers', 'list', 'sent with every call of the collector'),
    values: '`NAME=VALUE`, separated by commas',
    parse: (text) => {
      const entries = listOf(text, headerProblem);
      return entries instanceof Error ? entries : new Credential(entries.join(','));
    },
  },
  number(
    'otlpTimeoutMs',
    'otel-exporter-otlp-timeout',
    10_000,
    { min: 1, max: MAX_TIMEOUT_MS },
    'how long a call of the collector may take, milliseconds',
  ),
  {
    ...textRow(
      'otlpCertificate',
      'otel-exporter-otlp-certificate',
      'file',
      'the authorities that the certificate of the collector may come from',
    ),
    shown: 'those of Node',
    values: 'a file with PEM',
    // Read once: what is read twice may be two different files.
    parse: (text) => {
      try {
        return readFileSync(text, 'utf8');
      } catch (thrown) {
        return asError(thrown);
      }
    },
  },
  choice('tracesSampler', 'otel-traces-sampler', 'parentbased_always_on', SAMPLERS, 'which traces are kept'),
  {
    ...textRow('tracesSamplerRatio', 'otel-traces-sampler-arg', 'ratio', 'the share that the samplers of a ratio keep'),
    fallback: 1,
    shown: '1',
    values: '0 to 1',
    parse: (text) => {
      const ratio = /^[\d.]{1,12}(e-\d{1,2})?$/.test(text.trim()) ? Number(text) : Number.NaN;
      return ratio >= 0 && ratio <= 1 ? ratio : new Error(`"${text}" must be a number from 0 to 1`);
    },
  },
];

/**
 * The settings of traces. Platforms put these variables into every pod, for programs that understand more than this one:
 * what cannot be used of them is told and left out, as the specification has it, and stops nothing.
 */
export const tracingRows: readonly ConfigRow<keyof TracingConfig>[] = rows.map((row) => ({ ...row, isLenient: true }));

/** The headers of that setting. The text was checked when it was read. */
export function headersOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(pairsOf(text.split(','))).map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** @throws URIError for a value that is not percent-encoded */
function pairsOf(entries: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at).trim(), decodeURIComponent(entry.slice(at + 1).trim())];
    }),
  );
}

/** Headers that HTTP/2 forbids, or that are the protocol's own. */
const OWN_HEADERS =
  /^(connection|keep-alive|proxy-connection|transfer-encoding|upgrade|host|te|content-type|content-length)$/i;

function headerProblem(entry: string): string | undefined {
  const problem = pairProblem(entry);
  if (problem !== undefined) return problem;
  const [name = ''] = Object.keys(pairsOf([entry]));
  if (!/^[\w-]+$/.test(name)) return 'a name is no name of a header';
  return OWN_HEADERS.test(name) ? `${name} is not for you to set` : undefined;
}

/** Does not say the entry: it may hold a token. */
function pairProblem(entry: string): string | undefined {
  if (!/^[^=]+=/.test(entry)) return 'an entry is not NAME=VALUE';
  return problemOf(() => pairsOf([entry])) === undefined ? undefined : 'a value is not percent-encoded';
}

function endpoint(name: keyof TracingConfig, flag: string, help: string): ConfigRow<keyof TracingConfig> {
  return {
    ...textRow(name, flag, 'url', help),
    values: '`http://` or `https://`, host and port',
    parse: (text) => {
      const url = URL.parse(text);
      if (url === null || !['http:', 'https:'].includes(url.protocol)) {
        return new Error(`"${text}" is no URL that begins with http:// or https://`);
      }
      return url;
    },
  };
}
