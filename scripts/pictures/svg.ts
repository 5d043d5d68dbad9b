/** What stands in an element: other elements as text, or `[]`. */
type Attributes = Readonly<Record<string, string | number>>;

/** One element of an SVG as text. Pure. @param content elements, or text that went through `escaped` */
export function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  const open = `<${name}${given.join('')}`;
  if (content.length === 0) return `${open}/>`;
  const isText = content.every((part) => !part.startsWith('<'));
  return isText ? `${open}>${content.join('')}</${name}>` : `${open}>\n${content.join('\n')}\n</${name}>`;
}

/** Text as XML has it. Pure. */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A coordinate with one decimal. Pure. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Width of one character of the picture's font, which has one width for all, as a share of its size. */
export const CHARACTER = 0.61;
