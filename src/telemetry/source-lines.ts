import { readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { fileURLToPath } from 'node:url';

/** A place in a module, as V8 writes it into a stack. */
const PLACE = /(file:\/\/\/[^\s()]+\.mjs):(\d+):(\d+)/g;

/** By module; `undefined`: it has none, or one that cannot be read. Kept, since a defect seldom comes once. */
const maps = new Map<string, SourceMap | undefined>();

/**
 * A stack with the places in the bundle replaced by those in our source, such as `src/main.ts:12:3`; what no source map
 * knows stays. Node's own way (`--enable-source-maps`) parses every map at the first stack that anybody looks at, libraries
 * among them: 17 MB for what is printed on a defect alone (docs/adr/0008-image.md).
 */
export function inSource(stack: string): string {
  return stack.replace(PLACE, (place, url: string, line: string, column: string) => {
    const map = mapOf(url);
    const found = map?.findEntry(Number(line) - 1, Number(column) - 1);
    if (found === undefined || !('originalSource' in found) || found.originalSource === '') return place;
    return `${found.originalSource.replace(/^(?:\.\.\/)+/, '')}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  });
}

function mapOf(url: string): SourceMap | undefined {
  if (!maps.has(url)) maps.set(url, readMap(url));
  return maps.get(url);
}

function readMap(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${fileURLToPath(url)}.map`, 'utf8')) as SourceMapPayload);
  } catch {
    return undefined; // a stack without our lines is better than none
  }
}
