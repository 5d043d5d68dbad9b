import { markerHash } from '../../managed/marker.ts';
import type { PolicyDocument } from '../../wasabi/policy/document.ts';

/**
 * The mark of an owner in the version that is in force, at the end of one statement's Sid: `S3Cloud37Dev`, then 32
 * hexadecimal digits for cluster, namespace and name, and 32 for the uid. Sids of managed policies hold letters and digits
 * alone, too few signs for the parts themselves. Source: IAM User Guide, "IAM JSON policy elements: Sid".
 */
const MARK = /S3Cloud37Dev[0-9a-f]{64}$/;
/** At the end of a JSON text. */
const MARK_IN_TEXT = /S3Cloud37Dev[0-9a-f]{64}(?=")/;
const HASH_LENGTH = 32;

/** The mark that stands for a marker text `CLUSTER/NAMESPACE/NAME/UID`. */
export function sidMark(marker: string): string {
  const end = marker.lastIndexOf('/');
  return `S3Cloud37Dev${markerHash(marker.slice(0, end))}${markerHash(marker.slice(end + 1))}`;
}

/** The mark in a document; undefined: there is none. */
export function markIn({ Statement }: PolicyDocument): string | undefined {
  return Statement.map(({ Sid = '' }) => MARK.exec(Sid)?.[0]).find((mark) => mark !== undefined);
}

/**
 * The mark in a document that cannot be read: who took the policy over keeps it, whatever else somebody wrote into it, and
 * however its signs are spelled (percent-encoded, as the service gives documents, and as escapes of JSON).
 * `undefined`: there is none.
 */
export function markInText(text: string): string | undefined {
  return MARK_IN_TEXT.exec(withoutEscapes(withoutPercents(text)))?.[0];
}

/** Sign by sign: one encoding that is none must not hide the rest. A mark and what surrounds it is ASCII. */
function withoutPercents(text: string): string {
  return text.replaceAll(/%([0-7][0-9a-f])/gi, (_, code: string) => characterOf(code));
}

/** Letters and digits alone: an escaped quotation mark ends no text, and the backslash of a pair begins no escape. */
function withoutEscapes(json: string): string {
  return json.replaceAll(/\\(?:u([0-9a-f]{4})|.)/gis, (escape, code: string | undefined) => {
    const character = code === undefined ? escape : characterOf(code);
    return /^[0-9a-z]$/i.test(character) ? character : escape;
  });
}

function characterOf(code: string): string {
  return String.fromCodePoint(Number.parseInt(code, 16));
}

/** The document with that mark in its first statement, and in no other. */
export function withMark(document: PolicyDocument, mark: string): PolicyDocument {
  const bare = withoutMark(document);
  const Statement = bare.Statement.map((one, index) =>
    index === 0 ? { ...one, Sid: `${one.Sid ?? ''}${mark}` } : one,
  );
  return { ...bare, Statement };
}

/** The document as its author wrote it. */
export function withoutMark(document: PolicyDocument): PolicyDocument {
  const Statement = document.Statement.map(({ Sid, ...body }) => {
    const name = Sid?.replace(MARK, '');
    return name === undefined || name === '' ? body : { Sid: name, ...body };
  });
  return { ...document, Statement };
}

/**
 * The marker that a mark stands for, as text: that of `ownMarker`, of whatever incarnation; a stranger's is the mark
 * itself, since a hash tells no more.
 */
export function markerTextOfMark(mark: string, ownMarker: string): string {
  const own = sidMark(ownMarker);
  if (mark === own) return ownMarker;
  const isSameOwner = mark.slice(0, -HASH_LENGTH) === own.slice(0, -HASH_LENGTH);
  return isSameOwner ? `${ownMarker.slice(0, ownMarker.lastIndexOf('/'))}/${mark.slice(-HASH_LENGTH)}` : mark;
}
