import type { Place } from '../text/error.js';
import type { Facts } from '@pinwheel/proxy';
import { parseTemplate } from './template.js';
import type { Part } from './template.js';
import type { Getter } from './value.js';

export type LogEscape = 'default' | 'json' | 'none';

/** nginx's predefined format. */
export const COMBINED =
  '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"';

const JSON_SHORT: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\b': '\\b',
  '\f': '\\f',
};

function hex(ch: string): string {
  return ch.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
}

/** The escapings of a variable's value, which is undefined when the request has none. */
const ESCAPES: Readonly<Record<LogEscape, (value: string | undefined) => string>> = {
  default: (value) => (value === undefined ? '-' : value.replace(/[^ -~]|["\\]/g, (ch) => `\\x${hex(ch)}`)),
  json: (value) => (value ?? '').replace(/[^ -\uffff]|["\\]/g, (ch) => JSON_SHORT[ch] ?? `\\u00${hex(ch)}`),
  none: (value) => value ?? '',
};

/** A `log_format`: one function that writes a line, without its line end. */
export class LogFormat {
  readonly #parts: readonly Part[];
  #line: ((facts: Facts) => string) | undefined;

  /**
   * @param texts the format's strings, which are joined; a variable must not extend from one into the next
   * @throws ConfError for a malformed variable
   */
  constructor(
    readonly name: string,
    readonly escape: LogEscape,
    texts: readonly string[],
    readonly place: Place,
  ) {
    this.#parts = texts.flatMap((text) => parseTemplate(text, place, 'log'));
  }

  link(resolve: (name: string) => Getter): void {
    const write = ESCAPES[this.escape];
    const pieces = this.#parts.map((part) => {
      if (typeof part === 'string') return part;
      return 'variable' in part ? resolve(part.variable) : '';
    });
    this.#line = (facts) => {
      let out = '';
      for (const piece of pieces) out += typeof piece === 'string' ? piece : write(piece(facts));
      return out;
    };
  }

  /** The line for a finished request. */
  line(facts: Facts): string {
    if (this.#line === undefined)
      throw new Error(`log format "${this.name}" is used before the configuration is linked`);
    return this.#line(facts);
  }
}
