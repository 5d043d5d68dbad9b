import { BlockList, isIP, isIPv4 } from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';

type Fail = (message: string) => never;

/** What Go's url.ParseRequestURI takes: an absolute URL, or a path. */
function parseUrl(text: string): URL | undefined {
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text)) return URL.parse(text) ?? undefined;
  return text.startsWith('/') ? (URL.parse(text, 'relative://') ?? undefined) : undefined;
}

/** A URL as rules see it. */
class CelUrl {
  readonly url: URL;

  constructor(url: URL) {
    this.url = url;
  }
}

/** An IP address as rules see it. */
class CelIp {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A range of addresses as rules see it. */
class CelCidr {
  readonly address: string;
  readonly bits: number;

  constructor(address: string, bits: number) {
    this.address = address;
    this.bits = bits;
  }

  contains(address: string): boolean {
    const list = new BlockList();
    const family = isIPv4(this.address) ? 'ipv4' : 'ipv6';
    list.addSubnet(this.address, this.bits, family);
    return isIP(address) === (family === 'ipv4' ? 4 : 6) && list.check(address, family);
  }
}

function parseCidr(text: string): CelCidr | undefined {
  const [address = '', bits = '', ...rest] = text.split('/');
  const family = isIP(address);
  const isValid =
    rest.length === 0 && family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  return isValid ? new CelCidr(address, Number(bits)) : undefined;
}

function registerUrls(env: Environment, fail: Fail): void {
  env.registerType('net.URL', { ctor: CelUrl });
  env.registerFunction('isURL(string): bool', (text: string) => parseUrl(text) !== undefined);
  env.registerFunction('url(string): net.URL', (text: string) => {
    const url = parseUrl(text);
    return url === undefined
      ? fail(`URL parse error during conversion from string: parse ${JSON.stringify(text)}`)
      : new CelUrl(url);
  });
  const isRelative = (url: URL) => url.protocol === 'relative:';
  env.registerFunction('net.URL.getScheme(): string', ({ url }: CelUrl) =>
    isRelative(url) ? '' : url.protocol.slice(0, -1),
  );
  env.registerFunction('net.URL.getHost(): string', ({ url }: CelUrl) => url.host);
  env.registerFunction('net.URL.getHostname(): string', ({ url }: CelUrl) => url.hostname.replace(/^\[(.*)\]$/, '$1'));
  env.registerFunction('net.URL.getPort(): string', ({ url }: CelUrl) => url.port);
  env.registerFunction('net.URL.getEscapedPath(): string', ({ url }: CelUrl) => url.pathname);
  env.registerFunction('net.URL.getQuery(): map<string, list<string>>', ({ url }: CelUrl) => {
    const names = [...new Set(url.searchParams.keys())];
    return new Map(names.map((name) => [name, url.searchParams.getAll(name)]));
  });
}

/** Registers url(), ip() and cidr() with their methods. `fail` ends an evaluation with a message. */
export function registerNetworkFunctions(env: Environment, fail: Fail): void {
  registerUrls(env, fail);
  env.registerType('net.IP', { ctor: CelIp });
  env.registerType('net.CIDR', { ctor: CelCidr });
  env.registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0);
  env.registerFunction('ip(string): net.IP', (text: string) =>
    isIP(text) === 0 ? fail(`IP Address ${JSON.stringify(text)} parse error`) : new CelIp(text),
  );
  env.registerFunction('net.IP.family(): int', ({ text }: CelIp) => BigInt(isIP(text)));
  env.registerFunction('isCIDR(string): bool', (text: string) => parseCidr(text) !== undefined);
  env.registerFunction(
    'cidr(string): net.CIDR',
    (text: string) => parseCidr(text) ?? fail(`network address parse error: ${text}`),
  );
  env.registerFunction('net.CIDR.containsIP(string): bool', (range: CelCidr, text: string) => range.contains(text));
  env.registerFunction('net.CIDR.containsIP(net.IP): bool', (range: CelCidr, { text }: CelIp) => range.contains(text));
  env.registerFunction('net.CIDR.prefixLength(): int', ({ bits }: CelCidr) => BigInt(bits));
}
