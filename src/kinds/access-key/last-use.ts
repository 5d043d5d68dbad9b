import { toReconcileError } from '../../runtime/errors.ts';
import { accessKeyLastUsedMs } from '../../wasabi/access-keys.ts';
import type { WasabiClient } from '../../wasabi/clients.ts';

/** When the key was last used, on the service's clock, ms; undefined: never, or the service does not say. */
export function lastUseOf(wasabi: WasabiClient, keyId: string, signal: AbortSignal): Promise<number | undefined> {
  return accessKeyLastUsedMs(wasabi, keyId, signal).catch((thrown: unknown) => {
    // A service that does not say it, or does not let us ask: nothing depends on it.
    const { type, reason } = toReconcileError(thrown);
    if (type !== 'Unsupported' && reason !== 'AccessDenied' && reason !== 'Rejected') throw thrown;
    return undefined;
  });
}
