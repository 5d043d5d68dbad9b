import { stripVTControlCharacters } from 'node:util';

const COLOURS: Readonly<Record<string, number>> = { debug: 90, info: 32, warn: 33, error: 31 };

/**
 * One line for people, from one line of JSON: time, level, message, then the facts. A stack follows on lines of its
 * own, indented, so that no text of another side can look like a line of ours.
 */
export function textLine(line: string, isColoured: boolean): string {
  const { time, level, message, ...facts } = JSON.parse(line) as Record<string, unknown>; // written by our own logger
  const paint = (text: string, code: number | undefined) =>
    isColoured && code !== undefined ? `\u001b[${code}m${text}\u001b[0m` : text;
  const name = String(level);
  const words = Object.entries(facts).map(([key, value]) => `${paint(`${key}=`, 90)}${word(value)}`);
  const head = [paint(String(time), 90), paint(name.toUpperCase().padEnd(5), COLOURS[name]), String(message), ...words];
  return `${head.join(' ')}\n${indentedStack(facts['error'])}`;
}

function word(value: unknown): string {
  if (typeof value === 'string') return /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
  if (Array.isArray(value)) return value.map(word).join(',') || '[]';
  if (!isRecord(value)) return JSON.stringify(value);
  const { stack: _, ...facts } = value;
  const parts = Object.entries(facts).map(([key, item]) => `${key}=${word(item)}`);
  return `{${parts.join(' ')}}`;
}

function indentedStack(error: unknown): string {
  if (!isRecord(error) || typeof error['stack'] !== 'string') return '';
  const lines = error['stack'].split('\n');
  return lines.map((one) => `    ${stripVTControlCharacters(one).replaceAll(/\p{Cc}/gu, '')}\n`).join('');
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
