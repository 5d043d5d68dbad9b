/**
 * The entry of the image. Flags, or nothing, start the operator: `IMAGE --log-level=debug`. A word is a command of
 * `run.ts`: `IMAGE emulator --port 9000`. Whichever it is, the code of the other is never loaded.
 */
const argv = process.argv.slice(2);
if (argv[0] === undefined || argv[0].startsWith('-')) {
  const { main } = await import('../main.ts');
  process.exitCode = await main(argv, process.env);
} else await import('./main.mjs');
