const MAX_DEPTH = 64;

/**
 * Refuses what no answer of S3 or IAM holds and what parsers choke on: a DOCTYPE (and with it every entity declaration)
 * and nesting beyond 64 elements. Runs before any parser, in one pass over the text. Text that is no XML passes.
 * @returns why the text is refused; `undefined`: it may be parsed
 */
export function refusedXml(text: string): string | undefined {
  let depth = 0;
  for (let at = text.indexOf('<'); at !== -1; at = text.indexOf('<', at)) {
    const end = endOfMarkup(text, at);
    if (end === undefined) return 'markup is not closed or is a declaration';
    if (text.startsWith('</', at)) depth -= 1;
    else if (!text.startsWith('<!', at) && !text.startsWith('<?', at) && text[end - 2] !== '/') depth += 1;
    if (depth > MAX_DEPTH) return `elements nest more than ${MAX_DEPTH} deep`;
    at = end;
  }
  return undefined;
}

/** Where the markup that starts at `at` ends (after its last character). `undefined`: nowhere, or it is `<!…` but no comment or CDATA. */
function endOfMarkup(text: string, at: number): number | undefined {
  if (text.startsWith('<!--', at)) return after(text, '-->', at);
  if (text.startsWith('<![CDATA[', at)) return after(text, ']]>', at);
  if (text.startsWith('<!', at)) return undefined;
  return after(text, text.startsWith('<?', at) ? '?>' : '>', at);
}

function after(text: string, stop: string, from: number): number | undefined {
  const at = text.indexOf(stop, from);
  return at === -1 ? undefined : at + stop.length;
}
