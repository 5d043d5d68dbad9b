import { readFileSync } from 'node:fs';

/** The folder that guides expect the reader in. */
export const CHECKOUT = new URL('../../', import.meta.url);

/** A fenced block of a guide. */
export interface GuideBlock {
  readonly line: number;
  /** The heading that it stands under, without its number signs. */
  readonly section: string;
  /** First word of the info string; empty: it has none. */
  readonly language: string;
  /** `terminal=NAME`: typed into a terminal of that name, which it keeps busy until somebody presses Ctrl-C. */
  readonly terminal?: string;
  /** `untested="REASON"`: why no test types it. */
  readonly untested?: string;
  readonly text: string;
}

const SHELLS = new Set(['sh', 'bash', 'shell', 'console', 'zsh']);
const FENCE = /^(?<indent> *)```(?<info>.*)$/;

/** Whether it is something for the reader to type. */
export function isTyped({ language }: GuideBlock): boolean {
  return SHELLS.has(language);
}

/** All fenced blocks of a page, in order. @param path from the top of the checkout */
export function blocksOf(path: string): readonly GuideBlock[] {
  return parseBlocks(readFileSync(new URL(path, CHECKOUT), 'utf8'));
}

/** All fenced blocks of that text, in order. @throws Error when a fence is not closed, or its info string is not understood */
export function parseBlocks(markdown: string): readonly GuideBlock[] {
  const blocks: GuideBlock[] = [];
  let section = '';
  let open: { readonly line: number; readonly info: string; readonly lines: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const info = FENCE.exec(line)?.groups?.['info'];
    if (open === undefined) {
      section = /^#+ (.*)$/.exec(line)?.[1] ?? section;
      if (info !== undefined) open = { line: index + 1, info, lines: [] };
    } else if (info === undefined) {
      open.lines.push(line);
    } else {
      blocks.push({ line: open.line, section, ...parseInfo(open.info, open.line), text: open.lines.join('\n') });
      open = undefined;
    }
  }
  if (open !== undefined) throw new Error(`line ${open.line}: the fence is not closed`);
  return blocks;
}

function parseInfo(info: string, line: number): Pick<GuideBlock, 'language' | 'terminal' | 'untested'> {
  const [language = ''] = info.trim().split(' ', 1);
  const attributes = new Map<string, string>();
  const rest = info
    .trim()
    .slice(language.length)
    .replace(/ (terminal|untested)=(?:"([^"]+)"|([\w-]+))/g, (_all, name: string, quoted?: string, plain?: string) => {
      attributes.set(name, quoted ?? plain ?? '');
      return '';
    });
  if (rest !== '') throw new Error(`line ${line}: ${JSON.stringify(rest.trim())} in the info string is not understood`);
  const [terminal, untested] = [attributes.get('terminal'), attributes.get('untested')];
  return { language, ...(terminal === undefined ? {} : { terminal }), ...(untested === undefined ? {} : { untested }) };
}
