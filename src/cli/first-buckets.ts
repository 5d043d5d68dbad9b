import { InvalidArgumentError } from 'commander';
import { isBucketName } from '../emulator/buckets.ts';
import { GLOBAL_REGION, REGIONS } from '../emulator/regions.ts';
import type { Emulator } from '../emulator/server.ts';

/** Regions of the buckets that are there from the start, by their names. */
export type FirstBuckets = Readonly<Record<string, string>>;

/** Reads one `NAME` or `NAME=REGION` more. @throws InvalidArgumentError for what is neither */
export function firstBucket(text: string, before: FirstBuckets): FirstBuckets {
  const [name = '', region = GLOBAL_REGION] = text.split('=', 2);
  if (!isBucketName(name)) throw new InvalidArgumentError(`"${name}" can be no bucket's name.`);
  if (!REGIONS.includes(region)) throw new InvalidArgumentError(`The regions are ${REGIONS.join(', ')}.`);
  return { ...before, [name]: region };
}

/** Makes those that a folder does not keep. @throws Error when it keeps one in another region, or of another account */
export function makeBuckets({ state, console: byHand, account }: Emulator, buckets: FirstBuckets): void {
  for (const [name, region] of Object.entries(buckets)) {
    const kept = state.buckets.get(name);
    if (kept === undefined) byHand.createBucket({ name, region });
    else if (kept.region !== region || kept.ownerId !== account.accountId) {
      const found = `${name} of account ${kept.ownerId} in ${kept.region}`;
      const wanted = `account ${account.accountId} in ${region}`;
      const advice = 'leave the flag out, or take another folder with --data';
      throw new Error(`--bucket: the folder keeps ${found}, not ${wanted}: ${advice}`);
    }
  }
}
