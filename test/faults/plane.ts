import { ensureControlPlane, NoControlPlane } from '../cluster/control-plane/build.ts';
import { startControlPlane } from '../support/control-plane.ts';
import { sharedControlPlaneVariables } from '../support/control-plane-environment.ts';

/**
 * Starts a real control plane, on which every suite of this process works from then on.
 * @returns undefined where none is to be had: then the development one has to do
 */
export async function startRealPlane(say: (line: string) => void): Promise<{ stop(): Promise<void> } | undefined> {
  const binaries = await ensureControlPlane({ log: (line) => say(`control plane: ${line}`) }).catch(
    (error: unknown) => {
      if (!(error instanceof NoControlPlane)) throw error;
      say(`no real control plane: ${error.message}`);
      return undefined;
    },
  );
  if (binaries === undefined) return undefined;
  const plane = await startControlPlane({ binaries });
  const { url, adminToken, ...paths } = plane;
  const names = sharedControlPlaneVariables;
  process.env[names.url] = url;
  process.env[names.token] = adminToken;
  process.env[names.caFile] = paths.caFile;
  process.env[names.etcdUrl] = paths.etcdUrl;
  process.env[names.auditLogPath] = paths.auditLogPath;
  process.env[names.kubeconfigPath] = paths.kubeconfigPath;
  return plane;
}
