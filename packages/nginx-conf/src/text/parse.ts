import { COMMAND_LINE, ConfError } from './error.js';
import type { Place } from './error.js';
import { failureMessage } from './files.js';
import type { ConfFiles } from './files.js';
import { Lexer } from './lexer.js';

/** Deepest nesting of blocks; in nginx only the stack is a limit. */
const MAX_BLOCKS = 200;
/** Deepest nesting of included files. */
const MAX_INCLUDES = 64;
/** Most files that one configuration may read; a file counts as often as it is included. */
const MAX_FILES = 10_000;

/** A directive; the directives of an included file stand in place of its `include`. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  readonly file: string;
  /** The line of the `;` or `{` that ends the arguments, from 1; 0 for `-g`. nginx's errors name the same line. */
  readonly line: number;
  /** Undefined when the directive has no block. */
  readonly block?: readonly Directive[];
}

/** Gets each directive as soon as it is parsed, so that errors are found in the order of the text, as in nginx. */
export interface Visitor {
  /** Called when a directive's arguments are read and its block, if it has one, is not. Throws ConfError to refuse it. */
  enter(directive: Directive, hasBlock: boolean): void;
  /** Called when a block has been read; its `}` is at `end`. */
  leave(directive: Directive, end: Place): void;
}

const DEAF: Visitor = { enter: () => undefined, leave: () => undefined };

/** The path itself when it is absolute, otherwise the path below `prefix`. */
export function fullPath(path: string, prefix: string): string {
  if (path.startsWith('/') || prefix === '') return path;
  return prefix.endsWith('/') ? prefix + path : `${prefix}/${path}`;
}

/** The directory of the main configuration file, from which relative `include` paths start. */
export function confPrefix(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

class Parser {
  readonly #open: string[] = [];
  #blocks = 0;
  #read = 0;

  constructor(
    readonly files: ConfFiles,
    readonly prefix: string,
    readonly visitor: Visitor,
  ) {}

  /** @param from the `include` directive that names the file; absent for the main file */
  file(path: string, from?: Place): Directive[] {
    if (this.#open.includes(path)) throw new ConfError(`"${path}" includes itself`, from);
    if (this.#open.length > MAX_INCLUDES || ++this.#read > MAX_FILES) {
      throw new ConfError(
        `too many included files: at most ${MAX_INCLUDES} inside each other and ${MAX_FILES} altogether`,
        from,
      );
    }
    const content = this.files.read(path);
    if ('failure' in content) throw new ConfError(failureMessage(path, content.failure), from);
    this.#open.push(path);
    const tree = this.body(new Lexer(content.text, path), 'file');
    this.#open.pop();
    return tree;
  }

  body(lexer: Lexer, inside: 'file' | 'block' | 'parameter'): Directive[] {
    const directives: Directive[] = [];
    for (;;) {
      const { words, terminator } = lexer.next();
      const { place } = lexer;
      if (terminator === '}') {
        if (inside !== 'block') throw new ConfError('unexpected "}"', place);
        return directives;
      }
      if (terminator === 'end') {
        if (inside === 'block') throw new ConfError('unexpected end of file, expecting "}"', place);
        return directives;
      }
      const [name = '', ...args] = words;
      if (terminator === ';' && name === 'include' && args.length === 1) {
        this.#include(args[0] ?? '', place, directives);
        continue;
      }
      const directive: Directive = { name, args, ...place };
      if (terminator === ';') {
        this.visitor.enter(directive, false);
        directives.push(directive);
        continue;
      }
      if (inside === 'parameter') {
        throw new ConfError('block directives are not supported in -g option', place);
      }
      this.visitor.enter(directive, true);
      if (++this.#blocks > MAX_BLOCKS) {
        throw new ConfError(`too many blocks inside each other: at most ${MAX_BLOCKS}`, place);
      }
      const block = this.body(lexer, 'block');
      this.#blocks--;
      this.visitor.leave(directive, lexer.place);
      directives.push({ ...directive, block });
    }
  }

  #include(pattern: string, place: Place, into: Directive[]): void {
    const path = fullPath(pattern, this.prefix);
    const paths = /[*?[]/.test(path) ? this.files.glob(path) : [path];
    for (const one of paths) into.push(...this.file(one, place));
  }
}

/**
 * Reads a configuration file and what it includes.
 *
 * @param path of the main file; errors name files by this path and the included ones by theirs
 * @param visitor gets every directive as soon as it is parsed
 * @throws ConfError at the first fault
 */
export function parseFile(files: ConfFiles, path: string, visitor: Visitor = DEAF): readonly Directive[] {
  return new Parser(files, confPrefix(path), visitor).file(path);
}

/**
 * Reads the directives of `-g`. Relative `include` paths start from `prefix`.
 *
 * @throws ConfError placed "in command line"
 */
export function parseParameter(
  files: ConfFiles,
  text: string,
  prefix: string,
  visitor: Visitor = DEAF,
): readonly Directive[] {
  return new Parser(files, prefix, visitor).body(new Lexer(text, COMMAND_LINE, 'parameter'), 'parameter');
}
