import { PEER_CALLS } from './calls.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';

/** The page of the calls that moto and the emulator answer otherwise, by row. */
export function peerPage(): string {
  const lines = KNOWN_DIFFERENCES.map(({ title, wasabi, moto }) => {
    const row = PEER_CALLS.find((call) => call.title === title)?.row ?? '';
    return `| ${row} | ${title} | ${wasabi} | ${moto} |`;
  });
  return [
    '# Where moto differs',
    '',
    `The same ${PEER_CALLS.length} calls of S3, IAM and STS are put to the emulator and to [moto](../testing-peer.md). These ${lines.length} are answered`,
    "otherwise; the row of [Wasabi's behaviour](../wasabi.md) says why the emulator answers as it does.",
    '',
    '| Row | Call | Emulator | moto |',
    '| --- | --- | --- | --- |',
    ...lines,
    '',
  ].join('\n');
}
