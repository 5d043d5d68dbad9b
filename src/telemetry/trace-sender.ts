/** Brings batches of spans to a collector. */
export interface TraceSender {
  /**
   * Resolves once the collector has taken it.
   * @param body an ExportTraceServiceRequest in protobuf
   * @param signal its reason is what is thrown when it aborts; nothing is left of the call then
   * @throws Error with what the collector, or the network, says
   */
  send(body: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Where a collector listens, and what it asks for. */
export interface Collector {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Authorities, PEM; undefined: those of Node. */
  readonly certificate: string | undefined;
}
