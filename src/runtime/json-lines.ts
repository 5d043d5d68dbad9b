const NEWLINE = 0x0a;

/**
 * The JSON values of a byte stream, one a line. A line that is no JSON, is longer than `maxLineBytes` or is cut off by
 * the end of the stream is an error: a skipped line would be an event that nobody ever sees.
 * @throws SyntaxError on such a line; whatever the stream throws
 */
export async function* jsonLines(chunks: AsyncIterable<Buffer>, maxLineBytes: number): AsyncGenerator<unknown, void> {
  let parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      const line = parts.length === 1 ? chunk.subarray(start, end) : Buffer.concat(parts);
      parts = [];
      sizeBytes = 0;
      start = end + 1;
      if (line.length > 0) yield parse(line);
    }
    if (start === chunk.length) continue;
    parts.push(chunk.subarray(start));
    sizeBytes += chunk.length - start;
    if (sizeBytes > maxLineBytes) throw new SyntaxError(`a line is longer than ${maxLineBytes} bytes`);
  }
  if (sizeBytes > 0) throw new SyntaxError(`the stream ended in the middle of a line, after ${sizeBytes} bytes of it`);
}

function parse(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch (error) {
    // The parser's own message quotes the text, which may be the content of a Secret.
    throw new SyntaxError(`a line of ${line.length} bytes is not JSON`, {
      cause: error instanceof Error ? error.name : error,
    });
  }
}
