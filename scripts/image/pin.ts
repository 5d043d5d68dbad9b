import { createHash } from 'node:crypto';
import { request } from 'undici';
import { parseDockerfile } from './dockerfile.ts';

/** The platforms that the image is for. */
const PLATFORMS = ['linux/amd64', 'linux/arm64'];
const INDEXES = 'application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.list.v2+json';
const TIMEOUT_MS = 30_000;

/** An image by tag, such as `gcr.io/distroless/nodejs24-debian13:nonroot`. */
interface Reference {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
}

/**
 * The Dockerfile with every base image pinned to what its tag means now: `NAME=image:tag@sha256:…`. The tag stays, for
 * people and for bots that renew digests.
 * @throws Error naming the image that cannot be resolved, or that is not there for every platform
 */
export async function pinned(text: string): Promise<string> {
  const { globals } = parseDockerfile(text);
  const bases = Object.entries(globals).filter(([name]) => name.endsWith('_IMAGE'));
  const lines = await Promise.all(
    bases.map(async ([name, value]) => {
      const image = value.replace(/@sha256:.*$/, '');
      return { from: `ARG ${name}=${value}`, to: `ARG ${name}=${image}@${await digestOf(image)}` };
    }),
  );
  return lines.reduce((all, { from, to }) => all.replace(from, to), text);
}

/** What the tag means now, as `sha256:…`: the digest of the list of its platforms. */
async function digestOf(image: string): Promise<string> {
  const reference = referenceOf(image);
  const url = `${originOf(reference)}/v2/${reference.repository}/manifests/${reference.tag}`;
  const first = await get(url, { accept: INDEXES });
  const challenge = first.status === 401 ? first.challenge : undefined;
  const { status, body } =
    challenge === undefined
      ? first
      : await get(url, { accept: INDEXES, authorization: await tokenOf(challenge, image) });
  if (status !== 200) throw new Error(`${image}: its registry answered ${status}: ${body.toString('utf8', 0, 200)}`);
  const missing = missingPlatforms(body);
  if (missing.length > 0) throw new Error(`${image} is not there for ${missing.join(' and ')}`);
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

function missingPlatforms(body: Buffer): readonly string[] {
  type Index = {
    readonly manifests?: readonly { readonly platform?: { readonly os: string; readonly architecture: string } }[];
  };
  const { manifests = [] } = Object(JSON.parse(body.toString('utf8'))) as Index; // by the accepted media types
  const found = new Set(manifests.map(({ platform }) => `${platform?.os}/${platform?.architecture}`));
  return PLATFORMS.filter((platform) => !found.has(platform));
}

/** Registries give a token for a public image to whoever asks. Source: Distribution specification, token authentication. */
async function tokenOf(challenge: string, image: string): Promise<string> {
  const parts = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  );
  const { realm, service = '', scope = '' } = parts;
  if (realm === undefined) throw new Error(`${image}: its registry asks for credentials: ${challenge}`);
  const { status, body } = await get(`${realm}?${new URLSearchParams({ service, scope }).toString()}`, {});
  if (status !== 200) throw new Error(`${image}: ${realm} answered ${status}`);
  const { token, access_token: other } = Object(JSON.parse(body.toString('utf8'))) as Readonly<Record<string, string>>;
  return `Bearer ${token ?? other}`;
}

async function get(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly status: number; readonly body: Buffer; readonly challenge: string | undefined }> {
  const answer = await request(url, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  const challenge = answer.headers['www-authenticate'];
  const body = Buffer.from(await answer.body.arrayBuffer());
  return { status: answer.statusCode, body, challenge: Array.isArray(challenge) ? challenge[0] : challenge };
}

/** @throws Error naming a reference without registry or tag */
function referenceOf(image: string): Reference {
  const [, registry, repository, tag] = /^([^/]+[.:][^/]+)\/(.+):([\w][\w.-]*)$/.exec(image) ?? [];
  if (registry === undefined || repository === undefined || tag === undefined)
    throw new Error(`${image}: write it with registry and tag, such as docker.io/library/node:24-trixie-slim`);
  return { registry, repository, tag };
}

/** Docker Hub serves under another name than its own; on loopback there is no TLS, as container engines have it. */
function originOf({ registry }: Reference): string {
  if (registry === 'docker.io') return 'https://registry-1.docker.io';
  return `${/^(?:localhost|127\.0\.0\.1)(?::\d+)?$/.test(registry) ? 'http' : 'https'}://${registry}`;
}
