import { ServiceError } from './errors.ts';
import { element, parseXml, S3_NAMESPACE, type XmlElement, type XmlNode } from './xml.ts';

/** How one configuration document is read into plain JSON and written back: the schema of both ways at once. */
export interface Shape<T> {
  /** @throws ServiceError MalformedXML, InvalidArgument */
  read(source: XmlElement): T;
  write(name: string, value: T): XmlNode;
}

/** What a shape reads. */
export type ValueOf<S> = S extends Shape<infer T> ? T : never;

interface Field<T> {
  readonly shape: Shape<unknown>;
  readonly kind: 'required' | 'optional' | 'many';
  readonly min: number;
  readonly max: number;
  /** Carries the type only; never there. */
  readonly type?: T;
}
type Fields = Readonly<Record<string, Field<unknown>>>;
type ObjectOf<F extends Fields> = {
  [K in keyof F as F[K]['kind'] extends 'optional' ? never : K]: TypeOf<F[K]>;
} & { [K in keyof F as F[K]['kind'] extends 'optional' ? K : never]?: TypeOf<F[K]> };
type TypeOf<F> = F extends Field<infer T> ? T : never;

/** The refusal of a document that does not fit its schema; `detail` says where. */
export function malformed(detail: string): ServiceError {
  return new ServiceError('MalformedXML', {
    message: `The XML you provided was not well-formed or did not validate against our published schema: ${detail}`,
  });
}

/** Text, one of `values` when given (any case when `anyCase`, read as the listed spelling). */
export function text<const V extends string = string>(values?: readonly V[], anyCase = false): Shape<V> {
  return {
    read: (source) => {
      if (source.children.length > 0) throw malformed(`${source.name} holds text only`);
      if (values === undefined) return source.text as V;
      const wanted = anyCase ? source.text.trim().toUpperCase() : source.text;
      const found = values.find((value) => (anyCase ? value.toUpperCase() : value) === wanted);
      if (found === undefined) throw malformed(`${source.name} is "${source.text}", not one of ${values.join(', ')}`);
      return found;
    },
    write: (name, value) => element(name, value),
  };
}

const MAX_INT32 = 2_147_483_647;

/**
 * A whole number of at least `min`. Text that is no number, or one past `max` (a 32-bit integer unless said otherwise), is
 * MalformedXML, a number below `min` is InvalidArgument.
 */
export function integer(min: number, max = MAX_INT32): Shape<number> {
  return {
    read: (source) => {
      if (!/^[+-]?\d{1,15}$/u.test(source.text.trim())) throw malformed(`${source.name} is no whole number`);
      const value = Number(source.text.trim());
      if (value > max) throw malformed(`${source.name} is more than ${max}`);
      if (value < min) {
        throw new ServiceError('InvalidArgument', {
          message: `'${source.name}' must be at least ${min}, not ${value}`,
        });
      }
      return value;
    },
    write: (name, value) => element(name, value),
  };
}

/** `true` or `false`, any case. */
export function boolean(): Shape<boolean> {
  const words = text(['true', 'false'], true);
  return { read: (source) => words.read(source) === 'true', write: (name, value) => element(name, value) };
}

/** An ISO 8601 date, kept as its text. */
export function date(): Shape<string> {
  return {
    read: (source) => {
      if (Number.isNaN(Date.parse(source.text))) throw malformed(`${source.name} is no date`);
      return source.text;
    },
    write: (name, value) => element(name, value),
  };
}

/** A field that must be there once. */
export function required<T>(shape: Shape<T>): Field<T> & { kind: 'required' } {
  return { shape: shape, kind: 'required', min: 1, max: 1 };
}

/** A field that may be there once. */
export function optional<T>(shape: Shape<T>): Field<T> & { kind: 'optional' } {
  return { shape: shape, kind: 'optional', min: 0, max: 1 };
}

/** A field that may be repeated, read as an array. */
export function many<T>(shape: Shape<T>, min = 0, max = Number.POSITIVE_INFINITY): Field<T[]> & { kind: 'many' } {
  return { shape: shape, kind: 'many', min, max };
}

/** An element of exactly these fields; an unknown child is MalformedXML. They are written in the order given here. */
export function object<F extends Fields>(fields: F): Shape<ObjectOf<F>> {
  return {
    read: (source) => {
      const stranger = source.children.find((child) => !Object.hasOwn(fields, child.name));
      if (stranger !== undefined) throw malformed(`${source.name} has no ${stranger.name}`);
      if (source.text.trim() !== '') throw malformed(`${source.name} holds elements, not text`);
      const value: Record<string, unknown> = {};
      for (const [name, field] of Object.entries(fields)) {
        const found = source.children.filter((child) => child.name === name);
        if (found.length < field.min || found.length > field.max) {
          throw malformed(`${source.name} has ${found.length} ${name} elements`);
        }
        const read = found.map((child) => field.shape.read(child));
        if (field.kind === 'many') value[name] = read;
        else if (read.length > 0) value[name] = read[0];
      }
      return value as ObjectOf<F>;
    },
    write: (name, value) => element(name, writeFields(fields, value)),
  };
}

function writeFields(fields: Fields, value: Readonly<Record<string, unknown>>): XmlNode[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const found = value[name];
    if (found === undefined) return [];
    const items = field.kind === 'many' ? (found as readonly unknown[]) : [found];
    return items.map((item) => field.shape.write(name, item));
  });
}

/** Bytes of a configuration: the most that anybody may put, a thousand lifecycle rules, stay below. */
const MAX_CONFIGURATION_BYTES = 1024 * 1024;
/** Bytes of a list: DeleteObjects of a thousand keys of 1024 bytes, escaped, and ten thousand parts stay below. */
export const MAX_LIST_BYTES = 4 * 1024 * 1024;

/**
 * Reads a request body whose root element is `root`.
 * @throws ServiceError MalformedXML, InvalidArgument; MaxMessageLengthExceeded for more than `maxBytes`
 */
export function readDocument<T>(body: Buffer, root: string, shape: Shape<T>, maxBytes = MAX_CONFIGURATION_BYTES): T {
  const parsed = parseRequestXml(body, maxBytes);
  if (parsed.name !== root) throw malformed(`the root element is ${parsed.name}, not ${root}`);
  return shape.read(parsed);
}

/** The root element of a request body. @throws ServiceError MalformedXML, MaxMessageLengthExceeded */
export function parseRequestXml(body: Buffer, maxBytes = MAX_CONFIGURATION_BYTES): XmlElement {
  if (body.length > maxBytes) {
    throw new ServiceError('MaxMessageLengthExceeded', { elements: { MaxMessageLengthBytes: String(maxBytes) } });
  }
  try {
    return parseXml(body);
  } catch (cause) {
    throw malformed(cause instanceof Error ? cause.message : String(cause));
  }
}

/** A response document in the S3 namespace. */
export function writeDocument<T>(root: string, shape: Shape<T>, value: T): XmlNode {
  const { xml } = shape.write(root, value);
  return { xml: xml.replace(`<${root}`, `<${root} xmlns="${S3_NAMESPACE}"`) };
}
