import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Emulator } from '../emulator/server.ts';

/** The region of the sample's bucket. */
export const REGION = 'eu-central-2';

/** A manifest of the sample, as far as its users look into it. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: object;
  readonly stringData?: Readonly<Record<string, string>>;
}

/** From the root of the project, of which the image holds this file beside the bundle. */
const FILE = 'examples/quickstart.yaml';
const PATHS = [FILE, `../../${FILE}`].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** examples/quickstart.yaml with the keys and endpoints of the emulator instead of Wasabi's. */
export function sampleFor(emulator: Emulator): readonly Manifest[] {
  const documents = parseAllDocuments(readFileSync(samplePath(), 'utf8'));
  return documents.map((document) => forEmulator(document.toJS() as Manifest, emulator)); // our own file
}

function forEmulator(manifest: Manifest, emulator: Emulator): Manifest {
  const { account, iamUrl, stsUrl } = emulator;
  if (manifest.kind === 'Secret') {
    return { ...manifest, stringData: { 'access-key': account.accessKeyId, 'secret-key': account.secretAccessKey } };
  }
  if (manifest.kind !== 'Provider') return manifest;
  const endpoints = { endpoint: emulator.url(REGION), iamEndpoint: iamUrl, stsEndpoint: stsUrl };
  return { ...manifest, spec: { ...manifest.spec, ...endpoints } };
}

/** @throws Error naming the places that were looked at */
function samplePath(): string {
  const path = PATHS.find((each) => existsSync(each));
  if (path === undefined) throw new Error(`there is no ${FILE}: looked for ${PATHS.join(' and ')}`);
  return path;
}
