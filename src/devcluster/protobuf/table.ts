import { MESSAGES } from './messages.ts';

/** What a field holds. `keepsZero`: its zero value is a value like any other. */
export type ProtobufType =
  | { readonly type: 'int' | 'bool' | 'string' | 'bytes'; readonly keepsZero: boolean }
  | { readonly type: 'message'; readonly name: string }
  | { readonly type: 'list'; readonly of: ProtobufType }
  | { readonly type: 'map'; readonly of: ProtobufType };

/** One field of a message. `name` is that of its JSON; '...': its fields stand in the message itself. */
export interface ProtobufField {
  readonly name: string;
  readonly type: ProtobufType;
}

/** The fields of each message by their number. */
export const PROTOBUF_MESSAGES: ReadonlyMap<string, ReadonlyMap<number, ProtobufField>> = new Map(
  MESSAGES.replaceAll(/\n {2}/gu, ' ')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', ...fields] = line.split(' ');
      return [name, new Map(fields.map(fieldOf))] as const;
    }),
);

function fieldOf(text: string): readonly [number, ProtobufField] {
  const [, name = '', number = '', type = ''] = /^(.+)=(\d+):(.+)$/u.exec(text) ?? [];
  return [Number(number), { name, type: typeOf(type) }];
}

function typeOf(text: string): ProtobufType {
  const inner = () => typeOf(text.slice(1, -1));
  if (text.startsWith('[')) return { type: 'list', of: inner() };
  if (text.startsWith('{')) return { type: 'map', of: inner() };
  const keepsZero = text.endsWith('?');
  const name = keepsZero ? text.slice(0, -1) : text;
  if (name === 'int' || name === 'bool' || name === 'string' || name === 'bytes') return { type: name, keepsZero };
  return { type: 'message', name };
}
