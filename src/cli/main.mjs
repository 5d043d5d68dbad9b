import { enableCompileCache } from 'node:module';
import { setFlagsFromString } from 'node:v8';

// These commands serve tests: they should start at once and be small. What is compiled is kept for the next start, in the
// folder for temporary files, and V8 collects early rather than let its heap grow to several times what is in it.
// JavaScript, since Node strips the types of its entry anew each time: the stripper alone takes 14 MB.
setFlagsFromString('--optimize-for-size');
enableCompileCache();

const { run } = await import('./run.ts'); // compiled after that
process.exitCode = await run(process.argv.slice(2), (text) => process.stderr.write(text));
