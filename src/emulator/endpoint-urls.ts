import type { EndpointUrls } from './endpoint.ts';
import type { Ports } from './listeners.ts';
import { GLOBAL_REGION } from './regions.ts';

/**
 * URLs of the S3 endpoints, in the form that the caller itself uses: names of the real service to one who came by such
 * a name, an address to one who came by address where the region has a listener of its own, else `*.localhost` with the
 * port that the caller used: it may have come by way of a proxy. Who came by TLS stays with it.
 */
export function endpointUrls(ports: Ports): EndpointUrls {
  return {
    s3: (region, { host, isTls }) => {
      const name = (host ?? '').toLowerCase();
      if (/\.wasabisys\.com(?::\d+)?$/u.test(name)) {
        return region === GLOBAL_REGION ? 'https://s3.wasabisys.com' : `https://s3.${region}.wasabisys.com`;
      }
      const own = ports.regions.get(region);
      const isByAddress = /^127\.0\.0\.1(?::\d+)?$/u.test(name);
      if (isByAddress && own !== undefined && !isTls) return `http://127.0.0.1:${own}`;
      const used = /\.localhost:(\d+)$/u.exec(name)?.[1];
      const port = used ?? (isTls ? ports.tls : undefined) ?? ports.http;
      return `${isTls ? 'https' : 'http'}://s3.${region}.localhost:${port}`;
    },
  };
}
