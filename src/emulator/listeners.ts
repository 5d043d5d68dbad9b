import type { Server } from 'node:http';
import { close, httpServer, type ListenerOptions, listen, type Receive, type RequestLimits } from './http.ts';
import type { EmulatorOptions } from './options.ts';

/** Where the emulator listens. Filled while the listeners start, so that what is served can name them. */
export interface Ports {
  /** Of the main listener. */
  http: number;
  /** Absent: nothing speaks TLS. */
  tls: number | undefined;
  /** Of the listeners of one region each. */
  readonly regions: Map<string, number>;
}

/**
 * Starts the listeners that the options ask for, and fills in their ports.
 * @returns how to end them
 * @throws Error when a port is taken, or key and certificate are none; no listener is left behind
 */
export async function startListeners(
  receive: Receive,
  ports: Ports,
  limits: RequestLimits,
  { port, tls, regionPorts = {} }: Pick<EmulatorOptions, 'port' | 'tls' | 'regionPorts'>,
): Promise<() => Promise<void>> {
  const servers: Server[] = [];
  const stop = async () => void (await Promise.all(servers.map(close)));
  const serve = (options: ListenerOptions, wanted = 0): Promise<number> => {
    const server = httpServer(receive, options, limits);
    servers.push(server);
    return listen(server, wanted);
  };
  try {
    ports.http = await serve({}, port);
    if (tls !== undefined) ports.tls = await serve({ tls }, tls.port);
    for (const [region, wanted] of Object.entries(regionPorts))
      ports.regions.set(region, await serve({ region }, wanted));
    return stop;
  } catch (thrown) {
    await stop();
    throw thrown;
  }
}
