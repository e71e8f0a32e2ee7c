import { ByteSet, ESCAPED_SETS, POSIX_SETS, printByte } from './byte-set.js';

/** A regular expression that PCRE would refuse, or that JavaScript cannot express. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** A PCRE pattern translated to JavaScript. */
export interface Pattern {
  readonly regexp: RegExp;
  /** Named groups in their order. */
  readonly names: readonly { readonly name: string; readonly group: number }[];
  /** Number of capturing groups. */
  readonly groups: number;
}

interface Flags {
  caseless: boolean;
  dotAll: boolean;
  multiline: boolean;
  extended: boolean;
}

const ANY = ByteSet.of([0, 255]);
const NOT_NEWLINE = ByteSet.of([0x0a, 0x0a]).negated();
const CONTROL: Readonly<Record<string, number>> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };
/** Deepest nesting of groups; PCRE's own limit. */
const MAX_DEPTH = 250;

class Translator {
  #at = 0;
  #groups = 0;
  readonly #names: { name: string; group: number }[] = [];
  readonly #references: { to: number | string; at: number }[] = [];

  constructor(
    readonly source: string,
    readonly flags: Flags,
  ) {}

  translate(): Pattern {
    const body = this.#alternatives(0);
    if (this.#at < this.source.length) throw this.#broken('unmatched closing parenthesis');
    for (const { to, at } of this.#references) {
      const known = typeof to === 'number' ? to <= this.#groups : this.#names.some(({ name }) => name === to);
      if (!known) throw this.#broken('reference to non-existent subpattern', at);
    }
    try {
      const regexp = new RegExp(body);
      // Compile now: an expression that is too large would otherwise fail at the first request.
      regexp.test('');
      return { regexp, names: this.#names, groups: this.#groups };
    } catch (error) {
      throw this.#refused(`what JavaScript cannot compile (${error instanceof Error ? error.message : String(error)})`);
    }
  }

  #broken(what: string, at = this.#at): PatternError {
    const rest = at < this.source.length ? ` at "${this.source.slice(at)}"` : '';
    return new PatternError(`pcre2_compile() failed: ${what} in "${this.source}"${rest}`);
  }

  #refused(what: string): PatternError {
    return new PatternError(`${what} in regex "${this.source}" is not served by pinwheel`);
  }

  #peek(text: string): boolean {
    return this.source.startsWith(text, this.#at);
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    const sticky = new RegExp(pattern, 'y');
    sticky.lastIndex = this.#at;
    const match = sticky.exec(this.source);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match;
  }

  /** Everything up to the `)` that closes this level, or the end. */
  #alternatives(depth: number): string {
    if (depth > MAX_DEPTH) throw this.#broken('parentheses are too deeply nested');
    let out = '';
    /** True when a quantifier at this place would have something to repeat. */
    let repeatable = false;
    while (this.#at < this.source.length && !this.#peek(')')) {
      if (this.flags.extended && this.#take(/\s+|#[^\n]*\n?/)) continue;
      if (this.#take(/\|/)) {
        out += '|';
        repeatable = false;
        continue;
      }
      const quantifier = this.#take(/[*+?]|\{(\d+)(?:(,)(\d*))?\}/);
      if (quantifier !== undefined) {
        out += this.#quantifier(quantifier, repeatable);
        repeatable = false;
        continue;
      }
      const piece = this.#piece(depth);
      if (piece === undefined) continue;
      out += piece.source;
      repeatable = piece.repeatable;
    }
    return out;
  }

  #quantifier([text, from, , to = '']: RegExpExecArray, repeatable: boolean): string {
    const last = this.#at - 1;
    if (Math.max(Number(from ?? 0), Number(to)) > 65_535) {
      throw this.#broken('number too big in {} quantifier', last);
    }
    if (to !== '' && Number(to) < Number(from)) throw this.#broken('numbers out of order in {} quantifier', last);
    if (!repeatable) throw this.#broken('quantifier does not follow a repeatable item', last);
    if (this.#take(/\+/)) throw this.#refused(`a possessive quantifier ("${text}+")`);
    return text + (this.#take(/\?/) ? '?' : '');
  }

  #piece(depth: number): { source: string; repeatable: boolean } | undefined {
    const ch = this.source.charAt(this.#at);
    switch (ch) {
      case '(':
        return this.#group(depth);
      case '[':
        if (/^\[([:.=])[^\]]*\1\]/.test(this.source.slice(this.#at))) {
          throw this.#broken('POSIX named classes are supported only within a class');
        }
        return { source: this.#set().toString(), repeatable: true };
      case '.':
        this.#at++;
        return { source: (this.flags.dotAll ? ANY : NOT_NEWLINE).toString(), repeatable: true };
      case '^':
        this.#at++;
        return { source: this.flags.multiline ? '(?:^|(?<=\\n)(?=[^]))' : '^', repeatable: false };
      case '$':
        this.#at++;
        return { source: this.flags.multiline ? '(?=\\n|$)' : '(?=\\n?$)', repeatable: false };
      case '\\':
        return this.#escape();
      default:
        this.#at++;
        return { source: this.#literal(ch.charCodeAt(0)), repeatable: true };
    }
  }

  #literal(byte: number): string {
    const isLetter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a;
    if (this.flags.caseless && isLetter) return new ByteSet().add(byte).foldCase().toString();
    return printByte(byte & 0xff);
  }

  #group(depth: number): { source: string; repeatable: boolean } | undefined {
    if (this.#peek('(*')) {
      if (
        this.#take(/\(\*[A-Z_0-9=:]*/) &&
        !/\(\*(?:UTF|UCP|CR|LF|ANY|NUL|BSR|NO_|LIMIT|ACCEPT|F|COMMIT|PRUNE|SKIP|THEN)/.test(this.source)
      ) {
        throw this.#broken('(*VERB) not recognized or malformed');
      }
      throw this.#refused('a verb "(*"');
    }
    const before = { ...this.flags };
    let open = '(?:';
    if (this.#take(/\(\?#/)) {
      if (this.#take(/[^)]*\)/) === undefined) throw this.#broken('missing ) after (?# comment', this.source.length);
      return undefined;
    }
    const plain = this.#take(/\(\?(?::|=|!|<=|<!)|\((?!\?)/)?.[0];
    if (plain === '(') {
      this.#groups++;
      open = '(';
    } else if (plain !== undefined) {
      open = plain;
    } else if (this.#take(/\(\?P?<|\(\?'/)) {
      this.#nameGroup();
      open = '(';
    } else if (this.#take(/\(\?P=/)) {
      const name = this.#take(/([A-Za-z_]\w*)\)/)?.[1];
      if (name === undefined) throw this.#broken('subpattern name expected');
      return { source: this.#reference(name, this.#at - 1 - name.length), repeatable: true };
    } else if (this.#take(/\(\?/)) {
      const scope = this.#inlineFlags();
      if (scope === 'rest') return undefined;
    }
    const body = this.#alternatives(depth + 1);
    // Flags set inside a group end with it; #inlineFlags gives those set before its colon to this group alone.
    Object.assign(this.flags, before);
    if (!this.#take(/\)/)) throw this.#broken('missing closing parenthesis', this.source.length);
    const lookbehind = open.startsWith('(?<');
    const lookaround = lookbehind || open === '(?=' || open === '(?!';
    return { source: lookaround ? `(?:${open}${body}))` : `${open}${body})`, repeatable: true };
  }

  #nameGroup(): void {
    const close = this.source.charAt(this.#at - 1) === "'" ? "'" : '>';
    const start = this.#at;
    if (this.#take(/\d/)) throw this.#broken('subpattern name must start with a non-digit', start);
    const name = this.#take(/\w+/)?.[0];
    if (name === undefined) throw this.#broken('subpattern name expected');
    if (name.length > 32) throw this.#broken('subpattern name is too long (maximum 32 code units)');
    if (!this.#peek(close)) throw this.#broken('syntax error in subpattern name (missing terminator?)');
    this.#at++;
    if (this.#names.some((known) => known.name === name)) {
      throw this.#broken('two named subpatterns have the same name (PCRE2_DUPNAMES not set)');
    }
    this.#names.push({ name, group: ++this.#groups });
  }

  /** After `(?`: flags for the rest of the enclosing group, `(?i)`, or for the group they open, `(?i:`. */
  #inlineFlags(): 'rest' | 'group' {
    const kind = /^(?:>|\||\(|R|[+-]?\d|&|P>|C)/.exec(this.source.slice(this.#at))?.[0];
    if (kind === '>') throw this.#refused('an atomic group ("(?>")');
    if (kind !== undefined) throw this.#refused(`"(?${kind}"`);
    let on = true;
    for (;;) {
      const ch = this.source.charAt(this.#at);
      if (ch === '') throw this.#broken('missing closing parenthesis');
      this.#at++;
      if (ch === ')') return 'rest';
      if (ch === ':') return 'group';
      if (ch === '-') on = false;
      else if (ch === '^')
        Object.assign(this.flags, { caseless: false, dotAll: false, multiline: false, extended: false });
      else if (ch === 'i') this.flags.caseless = on;
      else if (ch === 's') this.flags.dotAll = on;
      else if (ch === 'm') this.flags.multiline = on;
      else if (ch === 'x') this.flags.extended = on;
      else if (/[JUn]/.test(ch)) throw this.#refused(`the option "(?${ch})"`);
      else throw this.#broken('unrecognized character after (? or (?-', this.#at - 1);
    }
  }

  #reference(to: number | string, at: number): string {
    if (this.flags.caseless) throw this.#refused('a back reference that ignores case');
    this.#references.push({ to, at });
    const group = typeof to === 'number' ? to : (this.#names.find(({ name }) => name === to)?.group ?? 0);
    return `(?:\\${group})`;
  }

  #escape(): { source: string; repeatable: boolean } | undefined {
    const start = ++this.#at;
    const ch = this.source.charAt(start);
    if (ch === '') throw this.#broken('\\ at end of pattern');
    if (this.#take(/Q/)) {
      const end = this.source.indexOf('\\E', this.#at);
      const text = this.source.slice(this.#at, end < 0 ? this.source.length : end);
      this.#at = end < 0 ? this.source.length : end + 2;
      return text === ''
        ? undefined
        : { source: [...text].map((one) => this.#literal(one.charCodeAt(0))).join(''), repeatable: true };
    }
    if (this.#take(/E/)) return undefined;
    const assertion = { b: '\\b', B: '\\B', A: '^', z: '$', Z: '(?=\\n?$)' }[ch];
    if (assertion !== undefined) {
      this.#at++;
      return { source: assertion, repeatable: false };
    }
    if (this.#take(/R/)) return { source: '(?:\\r\\n|[\\n-\\r\\x85])', repeatable: true };
    if (this.#take(/N(?!\{)/)) return { source: NOT_NEWLINE.toString(), repeatable: true };
    if (/[GKXCpPN]/.test(ch)) throw this.#refused(`"\\${ch}"`);
    const named = this.#take(/k(?:<(\w+)>|'(\w+)'|\{(\w+)\})|g\{([A-Za-z_]\w*)\}/);
    if (named !== undefined) {
      const name = named[1] ?? named[2] ?? named[3] ?? named[4] ?? '';
      return { source: this.#reference(name, this.#at - 1 - name.length), repeatable: true };
    }
    const numbered = this.#take(/g(-?\d+)|g\{(-?\d+)\}/);
    if (numbered !== undefined) {
      const number = Number(numbered[1] ?? numbered[2]);
      return { source: this.#reference(number < 0 ? this.#groups + 1 + number : number, start), repeatable: true };
    }
    const digits = /^[1-9]\d*/.exec(this.source.slice(start))?.[0];
    // Two digits or more are a back reference only when there are that many groups before them, else octal.
    if (digits !== undefined && (digits.length === 1 || Number(digits) <= this.#groups)) {
      this.#at += digits.length;
      return { source: this.#reference(Number(digits), start), repeatable: true };
    }
    const set = ESCAPED_SETS[ch];
    if (set !== undefined) {
      this.#at++;
      return { source: set.toString(), repeatable: true };
    }
    return { source: this.#literal(this.#escapedByte()), repeatable: true };
  }

  /** After a backslash that stands for one byte, in a set and outside. */
  #escapedByte(): number {
    const start = this.#at;
    const control = CONTROL[this.source.charAt(start)];
    if (control !== undefined) {
      this.#at++;
      return control;
    }
    if (this.#take(/c/)) {
      const byte = this.source.toUpperCase().charCodeAt(this.#at++);
      if (Number.isNaN(byte)) throw this.#broken('\\c at end of pattern');
      return byte ^ 0x40;
    }
    if (this.#take(/x/)) {
      const braced = this.#take(/\{([0-9A-Fa-f]+)\}/)?.[1];
      if (braced === undefined && this.#take(/\{/)) {
        throw this.#broken('non-hex character in \\x{} (closing brace missing?)');
      }
      const byte = Number.parseInt(braced ?? this.#take(/[0-9A-Fa-f]{1,2}/)?.[0] ?? '0', 16);
      if (byte > 255) throw this.#broken('character code point value in \\x{} or \\o{} is too large', this.#at - 1);
      return byte;
    }
    const octal = this.#take(/o\{([0-7]+)\}|[0-7]{1,3}/);
    if (octal !== undefined) {
      const byte = Number.parseInt(octal[1] ?? octal[0], 8);
      if (byte > 255) throw this.#broken('octal value is greater than \\377 in 8-bit non-UTF-8 mode');
      return byte;
    }
    const ch = this.source.charAt(this.#at);
    if (ch === '') throw this.#broken('\\ at end of pattern');
    if (/[FLlUuN]/.test(ch)) {
      throw this.#broken('PCRE2 does not support \\F, \\L, \\l, \\N{name}, \\U, or \\u', this.#at + 1);
    }
    if (/[A-Za-z0-9]/.test(ch)) throw this.#broken('unrecognized character follows \\');
    this.#at++;
    return ch.charCodeAt(0) & 0xff;
  }

  #set(): ByteSet {
    this.#at++;
    const negated = this.#take(/\^/) !== undefined;
    const set = new ByteSet();
    let first = true;
    while (first || !this.#peek(']')) {
      if (this.#at >= this.source.length) throw this.#broken('missing terminating ] for character class');
      first = false;
      const low = this.#setItem();
      if (!this.#peek('-') || this.source.charAt(this.#at + 1) === ']') {
        if (typeof low === 'number') set.add(low);
        else set.addAll(low);
        continue;
      }
      if (typeof low !== 'number') throw this.#broken('invalid range in character class');
      this.#at++;
      if (this.#at >= this.source.length) throw this.#broken('missing terminating ] for character class');
      const high = this.#setItem();
      if (typeof high !== 'number') throw this.#broken('invalid range in character class');
      if (high < low) throw this.#broken('range out of order in character class', this.#at - 1);
      set.add(low, high);
    }
    this.#at++;
    if (this.flags.caseless) set.foldCase();
    return negated ? set.negated() : set;
  }

  #setItem(): number | ByteSet {
    const posix = this.#take(/\[:(\^?)([a-z]*):\]/);
    if (posix !== undefined) {
      const named = POSIX_SETS[posix[2] ?? ''];
      if (named === undefined) throw this.#broken('unknown POSIX class name', this.#at - 2 - (posix[2] ?? '').length);
      return posix[1] === '^' ? named.negated() : named;
    }
    if (!this.#take(/\\/)) return this.source.charCodeAt(this.#at++) & 0xff;
    const ch = this.source.charAt(this.#at);
    if (this.#take(/b/)) return 8;
    if (/[pPQEBRX]/.test(ch)) throw this.#refused(`"\\${ch}" in a character class`);
    const set = ESCAPED_SETS[ch];
    if (set === undefined) return this.#escapedByte();
    this.#at++;
    return set;
  }
}

/**
 * Compiles a regular expression of nginx (PCRE, not in UTF mode) for byte strings. What JavaScript matches differently
 * is rewritten: `$` before a final newline, `.`, `\s`, POSIX classes, inline flags, ASCII-only case.
 *
 * @param caseless `~*` instead of `~`
 * @throws PatternError in PCRE's words, or naming what is not supported (possessive and atomic groups, recursion, ...)
 */
export function compilePattern(source: string, caseless = false): Pattern {
  return new Translator(source, { caseless, dotAll: false, multiline: false, extended: false }).translate();
}
