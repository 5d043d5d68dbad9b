import { Agent, request } from 'undici';
import type { Collector, TraceSender } from './trace-sender.ts';

/** Sends spans by OTLP over HTTP: one POST a batch. */
export class HttpTraceSender implements TraceSender {
  readonly #collector: Collector;
  readonly #agent: Agent;

  constructor(collector: Collector) {
    const { certificate } = collector;
    this.#collector = collector;
    // The deadline is the caller's.
    const limits = { allowH2: false, headersTimeout: 0, bodyTimeout: 0 };
    this.#agent = new Agent({ ...limits, connect: certificate === undefined ? {} : { ca: certificate } });
  }

  async send(body: Uint8Array, signal: AbortSignal): Promise<void> {
    const { url, headers } = this.#collector;
    const { statusCode, body: answer } = await request(url, {
      dispatcher: this.#agent,
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-protobuf' },
      body: Buffer.from(body),
      signal,
    });
    await answer.dump();
    if (statusCode < 200 || statusCode > 299) throw new Error(`${url.host}: HTTP ${statusCode}`);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}
