import { ConfError } from './error.js';
import type { Place } from './error.js';

/** Size of nginx's read buffer in bytes, which limits a token. */
const BUFFER = 4_096;

/** The token that ended a list of words. */
export type Terminator = ';' | '{' | '}' | 'end';

export interface Statement {
  /** Unquoted and unescaped. Empty with `}` and `end`. */
  readonly words: readonly string[];
  readonly terminator: Terminator;
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "'": "'", '\\': '\\', t: '\t', r: '\r', n: '\n' };

/** Removes the backslash before quotes, replaces `\t \r \n` by the characters, and keeps any other backslash. */
function unescape(raw: string): string {
  return raw.includes('\\') ? raw.replace(/\\(["'\\trn])/g, (all, ch: string) => ESCAPES[ch] ?? all) : raw;
}

function isBlank(ch: string): boolean {
  return ch === ' ' || ch === '\t' || ch === '\r' || ch === '\n';
}

/**
 * Splits configuration text into statements as nginx's `ngx_conf_read_token` does, its errors and its 4,096 byte limit
 * included. nginx refills its buffer when it has been read to the end, and a word or comment that is unfinished there
 * must fit into it.
 */
export class Lexer {
  readonly #text: string;
  readonly #file: string;
  readonly #isFile: boolean;
  #position = 0;
  /** Offset at which nginx's buffer would end. */
  #buffered: number;
  #line = 1;

  /**
   * @param text byte string
   * @param file named in errors
   * @param kind `parameter` for `-g`, whose text has no lines and no limit
   */
  constructor(text: string, file: string, kind: 'file' | 'parameter' = 'file') {
    this.#text = text;
    this.#file = file;
    this.#isFile = kind === 'file';
    this.#buffered = this.#isFile ? Math.min(BUFFER, text.length) : text.length;
  }

  /** The current line, which nginx's errors name. */
  get place(): Place {
    return { file: this.#file, line: this.#isFile ? this.#line : 0 };
  }

  /** @throws ConfError for text that is not well formed */
  next(): Statement {
    const text = this.#text;
    const words: string[] = [];
    let start = this.#position;
    let startLine = this.#line;
    let quote = '';
    let inWord = false;
    let inComment = false;
    let escaped = false;
    let afterQuote = false;
    let afterDollar = false;

    for (;;) {
      if (this.#position >= this.#buffered) {
        if (this.#position >= text.length) {
          if (words.length > 0 || inWord) {
            throw this.#error(
              this.#isFile
                ? 'unexpected end of file, expecting ";" or "}"'
                : 'unexpected end of parameter, expecting ";"',
            );
          }
          return { words, terminator: 'end' };
        }
        const kept = this.#position - start;
        if (kept === BUFFER) throw this.#tooLong(start, startLine, quote);
        this.#buffered = Math.min(text.length, this.#position + BUFFER - kept);
      }

      const ch = text.charAt(this.#position++);
      if (ch === '\n') {
        this.#line++;
        inComment = false;
      }
      if (inComment) continue;
      if (escaped) {
        escaped = false;
        continue;
      }

      if (afterQuote) {
        if (isBlank(ch)) {
          inWord = false;
          afterQuote = false;
          continue;
        }
        if (ch === ';' || ch === '{') return { words, terminator: ch };
        if (ch !== ')') throw this.#error(`unexpected "${ch}"`);
        inWord = false;
        afterQuote = false;
      }

      if (!inWord) {
        start = this.#position - 1;
        startLine = this.#line;
        if (isBlank(ch)) continue;
        switch (ch) {
          case ';':
          case '{':
            if (words.length === 0) throw this.#error(`unexpected "${ch}"`);
            return { words, terminator: ch };
          case '}':
            if (words.length > 0) throw this.#error('unexpected "}"');
            return { words, terminator: ch };
          case '#':
            inComment = true;
            continue;
          case '"':
          case "'":
            start++;
            quote = ch;
            break;
          case '\\':
            escaped = true;
            break;
          case '$':
            afterDollar = true;
            break;
        }
        inWord = true;
        continue;
      }

      if (ch === '{' && afterDollar) continue;
      afterDollar = false;
      if (ch === '\\') {
        escaped = true;
        continue;
      }
      if (ch === '$') {
        afterDollar = true;
        continue;
      }
      if (quote !== '') {
        if (ch !== quote) continue;
        words.push(unescape(text.slice(start, this.#position - 1)));
        quote = '';
        afterQuote = true;
      } else if (isBlank(ch) || ch === ';' || ch === '{') {
        words.push(unescape(text.slice(start, this.#position - 1)));
        inWord = false;
        if (ch === ';' || ch === '{') return { words, terminator: ch };
      }
    }
  }

  #error(message: string, place = this.place): ConfError {
    return new ConfError(message, place);
  }

  #tooLong(start: number, line: number, quote: string): ConfError {
    return this.#error(
      quote === ''
        ? `too long parameter "${this.#text.slice(start, start + 10)}..." started`
        : `too long parameter, probably missing terminating "${quote}" character`,
      { file: this.#file, line },
    );
  }
}
