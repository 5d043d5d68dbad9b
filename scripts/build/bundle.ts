import { readFile } from 'node:fs/promises';
import { build as esbuild, type Metafile, type Plugin } from 'esbuild';

/** What is started: the one entry of the image, and the operator as a child of `demo`, which looks for it beside itself. */
const ENTRIES = { main: 'src/cli/entry.ts', 'operator-child': 'src/cli/operator-child.ts' };

/** Dependencies that are CommonJS ask for these, which a module does not have. */
const BANNER = [
  "import{createRequire as __createRequire}from'node:module';",
  'const require=__createRequire(import.meta.url),__filename=import.meta.filename,__dirname=import.meta.dirname;',
].join('');

/**
 * Bundles what runs in the image into modules of `folder`, with source maps beside them. Whatever is imported lazily
 * stands in a file of its own, so that the operator in a cluster never loads kubeconfig loader, emulator or CLI.
 * @param root of the project
 * @returns what went into which file, by paths from the root
 * @throws Error with what esbuild says
 */
export async function bundle(root: string, folder: string): Promise<Metafile> {
  const { metafile } = await esbuild({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // The AWS SDK as modules, of which what is not used stays out.
    mainFields: ['module', 'main'],
    // A folder of packages that is linked from elsewhere gives the same bundle.
    preserveSymlinks: true,
    banner: { js: BANNER },
    // Names stay: they stand in stack traces, and some libraries look at them.
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'linked',
    sourcesContent: false,
    legalComments: 'none', // the licences stand in a file of their own
    metafile: true,
    logLevel: 'warning',
    plugins: [dependencies],
  });
  return metafile;
}

/** Zod's messages in fifty languages, of which a bundler cannot see that one is used: we speak English. */
const ALL_LOCALES = '/node_modules/zod/v4/locales/index.js';
const ENGLISH = "export { default as en } from './en.js';";

/**
 * Dependencies go without source maps: theirs would be nine tenths of all, and Node parses every map at the first error,
 * for 31 MB of memory. A map of their own that begins after their last line maps nothing.
 */
const dependencies: Plugin = {
  name: 'dependencies',
  setup: (build) => {
    build.onLoad({ filter: /\/node_modules\/.*\.[cm]?js$/ }, async ({ path }) => {
      const text = path.endsWith(ALL_LOCALES) ? ENGLISH : await readFile(path, 'utf8');
      const code = text.replaceAll(/^\/\/# sourceMappingURL=.*$/gm, '');
      const mappings = `${';'.repeat(code.split('\n').length + 2)}AAAA`;
      const map = Buffer.from(JSON.stringify({ version: 3, sources: [''], names: [], mappings })).toString('base64');
      return { contents: `${code}\n//# sourceMappingURL=data:application/json;base64,${map}\n`, loader: 'js' };
    });
  },
};
