import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import type { Release } from './binaries.ts';
import { run } from './run-command.ts';

const connectMs = 5000;
const firstByteMs = 15_000;

/** Where the releases lie. Tests put a server on loopback here. */
export interface DownloadSites {
  readonly kubernetes: string;
  readonly etcd: string;
}

const officialSites: DownloadSites = {
  kubernetes: 'https://dl.k8s.io',
  etcd: 'https://github.com/etcd-io/etcd/releases/download',
};

/**
 * Downloads the released programs into `directory` and checks each against the published SHA-256 sum.
 * Gives up after 5 s without a connection.
 * @throws Error when a file cannot be had, or is not what the release's own sum says.
 */
export async function download(
  release: Release,
  directory: string,
  sites: DownloadSites = officialSites,
): Promise<void> {
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const agent = new Agent({ allowH2: false, connect: { timeout: connectMs }, headersTimeout: firstByteMs });
  const get = (url: string): Promise<Buffer> => getBytes(url, agent);
  await mkdir(directory, { recursive: true });
  try {
    for (const program of ['kube-apiserver', 'kube-controller-manager']) {
      const url = `${sites.kubernetes}/${release.kubernetes}/bin/${platform.replace('-', '/')}/${program}`;
      const sum = (await get(`${url}.sha256`)).toString().trim();
      await writeFile(join(directory, program), verified(url, await get(url), sum));
      await chmod(join(directory, program), 0o755);
    }
    const name = `etcd-${release.etcd}-${platform}`;
    const sums = (await get(`${sites.etcd}/${release.etcd}/SHA256SUMS`)).toString();
    const sum = sums
      .split('\n')
      .find((line) => line.endsWith(`  ${name}.tar.gz`))
      ?.split(' ')[0];
    const url = `${sites.etcd}/${release.etcd}/${name}.tar.gz`;
    const archive = join(directory, `${name}.tar.gz`);
    await writeFile(archive, verified(url, await get(url), sum));
    await run('tar', ['-xzf', archive, '-C', directory, '--strip-components=1', `${name}/etcd`]);
  } finally {
    await agent.close();
  }
}

async function getBytes(url: string, agent: Agent, redirectsLeft = 5): Promise<Buffer> {
  const { statusCode, headers, body } = await request(url, { dispatcher: agent });
  const bytes = Buffer.from(await body.arrayBuffer());
  const location = headers['location'];
  if (statusCode >= 300 && statusCode < 400 && typeof location === 'string' && redirectsLeft > 0) {
    return getBytes(new URL(location, url).href, agent, redirectsLeft - 1);
  }
  if (statusCode !== 200) throw new Error(`GET ${url} answered ${statusCode}`);
  return bytes;
}

function verified(url: string, bytes: Buffer, expectedSum: string | undefined): Buffer {
  const sum = createHash('sha256').update(bytes).digest('hex');
  if (sum !== expectedSum) throw new Error(`${url} has the SHA-256 sum ${sum}, the release says ${expectedSum}`);
  return bytes;
}
