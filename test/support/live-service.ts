import { loopbackLookup } from '../../src/emulator/loopback-lookup.ts';
import type { Emulator } from '../../src/emulator/server.ts';
import type { Service } from '../live/service.ts';
import { endpointsAt } from './account.ts';

/** An emulator in the place of a live account. */
export function serviceOf(emulator: Emulator, home = 'eu-central-2'): Service {
  return {
    keys: emulator.account,
    regions: { home, other: 'us-west-1' },
    s3: (region) => emulator.url(region),
    iam: emulator.iamUrl,
    sts: emulator.stsUrl,
    operator: {
      provider: { region: home, ...endpointsAt(emulator.port, { region: home }) },
      flags: [`--allowed-endpoints=http://*.localhost:${emulator.port}`],
    },
    lookup: loopbackLookup,
  };
}
