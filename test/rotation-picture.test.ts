import assert from 'node:assert/strict';
import { test } from 'node:test';
import { XMLParser } from 'fast-xml-parser';
import { PICTURED, rotationPicture, timelinesOf } from '../scripts/pictures/rotation.ts';
import { CHARACTER } from '../scripts/pictures/svg.ts';
import { FONT_SIZE, WIDTH } from '../scripts/pictures/timeline.ts';
import { type LifeOptions, simulateLife } from '../src/kinds/access-key/testing/life.ts';

const DAY = 86_400_000;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly what: string;
}

interface Bar extends Box {
  readonly row: string;
  readonly label: string;
  readonly look: string;
}

interface Drawn {
  readonly texts: readonly Box[];
  readonly bars: readonly Bar[];
  readonly desc: string;
}

type Attributes = Readonly<Record<string, string>>;

/** What stands in the picture, as a browser would read it. */
function drawn(svg: string): Drawn {
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '@', trimValues: true });
  const root = (parser.parse(svg) as { svg: { text: Attributes[]; rect: Attributes[]; desc: { '#text': string } } })
    .svg;
  const texts = root.text.map((one): Box => {
    const words = String(one['#text']);
    const width = words.length * FONT_SIZE * CHARACTER;
    const left = Number(one['@x']) - (one['@class'] === 'tick' ? width / 2 : 0);
    const bottom = Number(one['@y']) + 3;
    return { left, right: left + width, top: bottom - FONT_SIZE, bottom, what: words };
  });
  const bars = root.rect
    .filter((one) => typeof one['title'] === 'string')
    .map((one): Bar => {
      const [left, top] = [Number(one['@x']), Number(one['@y'])];
      const [row = '', label = ''] = (one['title'] ?? '').split(': ');
      const size = { right: left + Number(one['@width']), bottom: top + Number(one['@height']) };
      return { left, top, ...size, row, label, look: one['@class'] ?? '', what: `${row}: ${label}` };
    });
  return { texts, bars, desc: root.desc['#text'] };
}

/** Pixels of a day in the first timeline, by its ticks. */
function dayPx({ texts }: Drawn): number {
  const tick = (words: string) => texts.find(({ what }) => what === words);
  const [zero, week] = [tick('0'), tick('7')];
  assert.ok(zero && week);
  return ((week.left + week.right) / 2 - (zero.left + zero.right) / 2) / 7;
}

function barsOf({ bars }: Drawn, row: string, label: string): readonly Bar[] {
  return bars.filter((bar) => bar.row === row && bar.label === label);
}

for (const retentionDays of [7, 14]) {
  test(`picture: both keys stand there for the ${retentionDays} days of retention`, () => {
    const picture = drawn(rotationPicture({ ...PICTURED, retentionMs: retentionDays * DAY }));
    const [retained] = barsOf(picture, 'key A', 'retained');
    const [published] = barsOf(picture, 'key B', 'published');
    assert.ok(retained && published);
    assert.ok(Math.abs(retained.left - published.left) <= 1, 'one is replaced when the other one is published');
    const overlap = Math.min(retained.right, published.right) - Math.max(retained.left, published.left);
    assert.ok(Math.abs(overlap / dayPx(picture) - retentionDays) < 0.05, `${overlap / dayPx(picture)} days`);
  });
}

test('picture: the Secret holds the key that is published, at each time', () => {
  const picture = drawn(rotationPicture());
  const held = picture.bars.filter(({ row }) => row === 'it-credentials');
  const published = picture.bars.filter(({ label }) => label === 'published');
  assert.ok(held.length >= 3);
  assert.deepEqual(
    published.map(({ row, left, right }) => [row, left, right]),
    held.map(({ label, left, right }) => [label, left, right]),
  );
});

test('picture: its steps are those that the decision went through, and its marks what it asked for', () => {
  const picture = drawn(rotationPicture());
  const moments = simulateLife(PICTURED);
  const steps = new Set(moments.flatMap(({ step }) => step ?? []));
  const seen = picture.bars.filter(({ row }) => row === 'status.rotation.step').map(({ label }) => label);
  assert.deepEqual(new Set(seen), steps);
  for (const step of steps) assert.ok(picture.texts.some(({ what }) => what === step) && picture.desc.includes(step));
  const told = picture.texts.map(({ what }) => what);
  const rotation = moments.filter(({ step }) => step !== undefined).filter(({ trial }) => trial === undefined);
  for (const { did = '' } of rotation)
    assert.ok(
      told.some((text) => text.startsWith(did)),
      did,
    );
});

test('picture: another decision gives another picture', () => {
  const change = (options: Partial<LifeOptions>) => rotationPicture({ ...PICTURED, ...options });
  const pictures = [{}, { acceptedAfterMs: 0 }, { retentionMs: 3 * DAY }, { intervalMs: 20 * DAY }].map(change);
  assert.equal(new Set(pictures).size, pictures.length);
});

test('picture: no text covers another one, or leaves the picture or its bar', () => {
  const { texts, bars } = drawn(rotationPicture());
  const covers = (a: Box, b: Box) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const clashes = texts.flatMap((a, index) =>
    texts.slice(index + 1).flatMap((b) => (covers(a, b) ? [`${a.what} | ${b.what}`] : [])),
  );
  assert.deepEqual(clashes, []);
  assert.deepEqual(
    texts.filter(({ left, right }) => left < 0 || right > WIDTH).map(({ what }) => what),
    [],
  );
  const outside = texts.flatMap((text) =>
    bars.filter((bar) => covers(text, bar) && (text.left < bar.left || text.right > bar.right)).map(({ what }) => what),
  );
  assert.deepEqual(outside, []);
});

test('picture: a life in which nothing is replaced cannot be drawn', () => {
  assert.throws(() => timelinesOf(simulateLife({ ...PICTURED, lastsMs: DAY }), PICTURED), /no key was replaced/);
});
