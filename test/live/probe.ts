import type { QuirkName, Quirks } from '../../src/emulator/quirks.ts';
import type { Finding } from './report.ts';
import type { Scratch } from './scratch.ts';
import type { Service } from './service.ts';

/** One question to a service, and what its answer says of a switch of the emulator. */
export interface Probe {
  /** Of docs/wasabi.md. */
  readonly row: string;
  readonly question: string;
  readonly quirk?: QuirkName;
  /** Asks. What it makes it takes from `scratch`, which clears it away. */
  ask(place: { readonly service: Service; readonly scratch: Scratch }): Promise<Told>;
}

/** What a probe was told. */
export interface Told {
  readonly seen: string;
  readonly reading?: Quirks[QuirkName] | undefined;
}

/** Asks, and tells what came of it: a probe that cannot ask is a finding, too. */
export async function find(probe: Probe, place: Parameters<Probe['ask']>[0]): Promise<Finding> {
  const { row, question, quirk } = probe;
  const about = { row, question, ...(quirk === undefined ? {} : { quirk }) };
  try {
    const { seen, reading } = await probe.ask(place);
    return { ...about, seen, ...(reading === undefined ? {} : { reading }) };
  } catch (thrown) {
    return { ...about, seen: `not asked: ${thrown instanceof Error ? thrown.message : String(thrown)}` };
  }
}
