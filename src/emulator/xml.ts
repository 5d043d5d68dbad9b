import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element read from a document: its name without prefix, its child elements in order, its own text. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** A serialised piece of XML. Made by `element` alone, so that nothing unescaped gets in. */
export interface XmlNode {
  readonly xml: string;
}

/** The XML namespace of S3 documents. */
export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const MAX_DEPTH = 24;
const LESS_THAN = '<'.charCodeAt(0);
/** The most that a document may have: ten thousand parts with their checksums stay below. More takes long to read. */
const MAX_TAGS = 200_000;

/** Thrown for a document that is not well-formed, too deep, of too many elements, or has a DTD. */
class XmlSyntaxError extends Error {
  override readonly name = 'XmlSyntaxError';
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  processEntities: false,
  cdataPropName: '#cdata',
});

/**
 * The root element of a document. Entities other than XML's own five and numeric ones are refused, as is any DTD.
 * @throws XmlSyntaxError
 */
export function parseXml(body: Buffer): XmlElement {
  if (tagsIn(body) > MAX_TAGS) throw new XmlSyntaxError(`more than ${MAX_TAGS} tags`);
  const text = body.toString('utf8').replace(/^\uFEFF/u, '');
  if (/<!(?:DOCTYPE|ENTITY)/iu.test(text)) throw new XmlSyntaxError('a document type is not allowed');
  const verdict = XMLValidator.validate(text);
  if (verdict !== true) throw new XmlSyntaxError(verdict.err.msg);
  const parsed: unknown = parser.parse(text);
  const roots = elementsOf(parsed, 0).children;
  const [root, ...others] = roots;
  if (root === undefined || others.length > 0) throw new XmlSyntaxError('a document has one root element');
  return root;
}

/** At least how many tags there are; none is without its `<`. */
function tagsIn(body: Buffer): number {
  let count = 0;
  for (let at = body.indexOf(LESS_THAN); at !== -1; at = body.indexOf(LESS_THAN, at + 1)) count += 1;
  return count;
}

/** The parser's ordered form (`[{ Name: [...] }, { '#text': '...' }]`) as children and text. */
function elementsOf(nodes: unknown, depth: number): Pick<XmlElement, 'children' | 'text'> {
  if (depth > MAX_DEPTH) throw new XmlSyntaxError(`more than ${MAX_DEPTH} levels`);
  const children: XmlElement[] = [];
  let text = '';
  for (const node of Array.isArray(nodes) ? nodes : []) {
    for (const [name, value] of Object.entries(node as Record<string, unknown>)) {
      if (name === ':@') continue;
      if (name === '#text') text += decodeEntities(String(value));
      else if (name === '#cdata') text += rawText(value);
      else children.push({ name, ...elementsOf(value, depth + 1) });
    }
  }
  return { children, text };
}

function rawText(value: unknown): string {
  const [first] = Array.isArray(value) ? (value as Record<string, unknown>[]) : [];
  const text = first?.['#text'];
  return typeof text === 'string' || typeof text === 'number' ? String(text) : '';
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&([^;&\s]*);?/gu, (whole, name: string) => {
    const numeric = /^#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/iu.exec(name);
    const code = numeric === null ? Number.NaN : Number.parseInt(numeric[1] ?? numeric[2] ?? '', numeric[1] ? 16 : 10);
    const decoded = isCharacter(code) ? String.fromCodePoint(code) : NAMED.get(name);
    if (decoded === undefined || !whole.endsWith(';')) throw new XmlSyntaxError(`unknown entity ${whole}`);
    return decoded;
  });
}

/** Half a surrogate pair is none, and could not be written as UTF-8 again. */
function isCharacter(code: number): boolean {
  return code > 0 && code <= 0x10_ffff && (code < 0xd800 || code > 0xdfff);
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text made safe for element and attribute content; control characters become numeric references as S3 does. */
function escapeXml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what has to be escaped here
  return text.replace(/[&<>"\u0000-\u0008\u000a-\u001f]/gu, (char) => {
    return ESCAPES[char] ?? `&#x${char.charCodeAt(0).toString(16).toUpperCase()};`;
  });
}

/** One element. `undefined` content makes an empty element; undefined items of a list are left out. */
export function element(
  name: string,
  content?: string | number | boolean | readonly (XmlNode | undefined)[],
  attributes: Readonly<Record<string, string>> = {},
): XmlNode {
  const head = Object.entries(attributes).reduce((sum, [key, value]) => `${sum} ${key}="${escapeXml(value)}"`, name);
  if (content === undefined) return { xml: `<${head}/>` };
  const inner =
    typeof content === 'object'
      ? content.reduce((sum, node) => sum + (node?.xml ?? ''), '')
      : escapeXml(String(content));
  return { xml: `<${head}>${inner}</${name}>` };
}

/** A whole document with its declaration. */
export function documentOf(root: XmlNode): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}`;
}

/** The first child of that name. */
export function childOf(parent: XmlElement, name: string): XmlElement | undefined {
  return parent.children.find((child) => child.name === name);
}
