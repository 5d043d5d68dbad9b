import { OWNER_TAG } from '../../managed/marker.ts';

const MARKER = new RegExp(`\\[${OWNER_TAG.replaceAll('.', '\\.')}=([^\\]]{1,300})\\]$`);

/** The description that a policy is created with: the author's words, and the mark of the owner at the end. */
export function descriptionWith(marker: string, words: string | undefined): string {
  const mark = `[${OWNER_TAG}=${marker}]`;
  return words === undefined || words === '' ? mark : `${words} ${mark}`;
}

/** The marker in a description; undefined: there is none. */
export function markerInDescription(description: string): string | undefined {
  return MARKER.exec(description)?.[1];
}
