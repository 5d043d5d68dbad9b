import { main } from '../main.ts';

/**
 * The operator as a child of a command: the same process as `npm start`, but that it ends with its parent, however that
 * ends. The channel between the two carries nothing; that it closes is what counts. There is nothing to drain then: the
 * servers were the parent's.
 */
process.once('disconnect', () => process.exit(1));
process.channel?.unref(); // it does not keep a process that is done
process.exitCode = process.connected ? await main(process.argv.slice(2), process.env) : 1;
