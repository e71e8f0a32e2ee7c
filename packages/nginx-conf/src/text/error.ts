/** A place in the configuration. `line` 0 means that the text has no lines (`-g`, or no file at all). */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** The `file` of directives given with `-g`. */
export const COMMAND_LINE = 'command line';

/** The text that nginx writes after a message: ` in FILE:LINE`, ` in command line`, or nothing. */
function where({ file, line }: Place): string {
  if (file === '') return '';
  return line === 0 ? ` in ${file}` : ` in ${file}:${line}`;
}

/**
 * A configuration that cannot be used. The message is nginx's own wherever nginx has one; `String(error)` is the line
 * for stderr and the error log, `pinwheel: [emerg] unknown directive "foo" in conf/nginx.conf:12`.
 *
 * Messages are byte strings like the configuration (see `ConfFiles`): write them with encoding `latin1`.
 */
export class ConfError extends Error {
  override readonly name = 'ConfError';
  readonly code = 'bad_conf';
  readonly level = 'emerg';
  readonly file: string;
  /** From 1; 0 when the error belongs to no line. */
  readonly line: number;

  constructor(message: string, place: Place = { file: '', line: 0 }) {
    super(message);
    this.file = place.file;
    this.line = place.line;
  }

  override toString(): string {
    return `pinwheel: [${this.level}] ${this.message}${where(this)}`;
  }
}

/** A fault that the operator should know of and that does not prevent the configuration from being used. */
export class ConfWarning {
  readonly level = 'warn';

  constructor(
    readonly message: string,
    readonly file: string,
    readonly line: number,
  ) {}

  toString(): string {
    return `pinwheel: [${this.level}] ${this.message}${where(this)}`;
  }
}
