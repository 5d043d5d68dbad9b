/** A part of a page that a command writes: the lines that stand before it and after it. */
export interface Section {
  readonly begin: string;
  readonly end: string;
}

/** The page with that part made anew, all else as it was. Pure. @throws Error when the page lacks its lines */
export function withSection(page: string, { begin, end }: Section, text: string): string {
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no lines "${begin}" and "${end}" in this order`);
  return `${page.slice(0, from)}${begin}\n\n${text}\n\n${page.slice(to)}`;
}

/** A table in Markdown. Pure. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
