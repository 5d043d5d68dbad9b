import { ReconcileError } from '../runtime/errors.ts';

/**
 * The code that means "there is none". Wasabi sends `NoSuchEntityException` on some calls (seen live); both arrive here
 * under this name.
 */
export const ABSENT = ['NoSuchEntity'] as const;

/** No list of IAM is longer than this many pages of at least a hundred: the quotas are far below. */
const MAX_PAGES = 1_000;

interface Page {
  readonly IsTruncated?: boolean | undefined;
  readonly Marker?: string | undefined;
}

/**
 * The items of all pages, sorted and each once. `undefined` instead of a page: what is listed for is gone, and has none.
 * @throws Transient, reason UnexpectedAnswer, for a list that does not end
 */
export async function allPages<P extends Page>(
  read: (marker: string | undefined) => Promise<P | undefined>,
  itemsOf: (page: P) => readonly string[],
): Promise<string[]> {
  const items = new Set<string>();
  const isListed = await eachPage(read, (page) => {
    for (const item of itemsOf(page)) items.add(item);
  });
  return isListed ? [...items].toSorted() : [];
}

/**
 * Hands over each page of a list.
 * @returns false: there was an `undefined` instead of a page, and the list ends there
 * @throws Transient, reason UnexpectedAnswer, for a list that does not end
 */
export async function eachPage<P extends Page>(
  read: (marker: string | undefined) => Promise<P | undefined>,
  take: (page: P) => void,
): Promise<boolean> {
  let marker: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages += 1) {
    const page = await read(marker);
    if (page === undefined) return false;
    take(page);
    if (page.IsTruncated !== true || page.Marker === undefined || page.Marker === marker) return true;
    marker = page.Marker;
  }
  throw unexpected('a list that does not end');
}

/** A part that the API promises. @throws Transient, reason UnexpectedAnswer, when the answer lacks it */
export function present<T>(value: T | undefined, operation: string): T {
  if (value === undefined) throw unexpected(`an answer of ${operation} that lacks a part which the API promises`);
  return value;
}

/** What the other side wrote gets into status, so only the shape of an id comes through. @throws Transient */
export function plainId(text: string): string {
  if (/^[A-Za-z0-9_:.-]{1,128}$/.test(text)) return text;
  throw unexpected('an id of another shape than ids have');
}

/** The text when it has the shape of an IAM ARN, else undefined. */
export function plainArn(text: string | undefined): string | undefined {
  return text !== undefined && /^arn:[a-z0-9-]+:iam::[0-9A-Za-z_.:-]{0,253}:[\x21-\x7e]{1,1024}$/.test(text)
    ? text
    : undefined;
}

function unexpected(what: string): ReconcileError {
  return new ReconcileError('Transient', `IAM gave ${what}`, { reason: 'UnexpectedAnswer' });
}
