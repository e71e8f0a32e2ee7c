import { byteString } from '@pinwheel/nginx-disk';

const SIGNALS = ['stop', 'quit', 'reopen', 'reload'] as const;
export type SignalWord = (typeof SIGNALS)[number];

/** A command line in nginx's form. Paths and directives are byte strings, as given. */
export interface CommandLine {
  readonly help: boolean;
  readonly version: boolean;
  /** `-V`: the version and the modules. */
  readonly build: boolean;
  readonly test: boolean;
  /** `-T`: prints the files of a good configuration. */
  readonly dump: boolean;
  readonly quiet: boolean;
  readonly signal: SignalWord | undefined;
  readonly prefix: string | undefined;
  readonly confFile: string | undefined;
  /** `stderr` for standard error. */
  readonly errorLog: string | undefined;
  /** Directives of `-g`. */
  readonly directives: string;
}

/** A mistake on the command line, in nginx's words, or a flag among nginx's options. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
  readonly code = 'usage';
}

/** The options that need a value, and nginx's words for a missing one. */
const WANTED = {
  p: 'requires directory name',
  e: 'requires file name',
  c: 'requires file name',
  g: 'requires parameter',
  s: 'requires parameter',
} as const;

type WithValue = keyof typeof WANTED;

function takesValue(letter: string): letter is WithValue {
  return Object.hasOwn(WANTED, letter);
}

/**
 * Reads options as nginx does: letters may be joined (`-tq`), a value stands behind its letter or in the next word
 * (`-cfile`, `-c file`), the last of several wins.
 *
 * @param args the command line behind the program's name
 * @throws CommandLineError in nginx's words; nginx has none for a flag such as `--upstream`
 */
export function readCommandLine(args: readonly string[]): CommandLine {
  const letters = new Set<string>();
  const values = new Map<WithValue, string>();
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? '';
    if (!word.startsWith('-')) throw new CommandLineError(`invalid option: "${word}"`);
    const [flag] = /^--[a-z][a-z-]*/.exec(word) ?? [];
    if (flag !== undefined) {
      throw new CommandLineError(
        `${flag} cannot be mixed with nginx's options: give flags (see --help) or options (see -h)`,
      );
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word.charAt(at);
      if (takesValue(letter)) {
        // An empty text right after the letter is no value, but an empty word is one, as in nginx.
        const value = at + 1 < word.length ? word.slice(at + 1) : args[++i];
        if (value === undefined) throw new CommandLineError(`option "-${letter}" ${WANTED[letter]}`);
        values.set(letter, byteString(value));
        if (letter === 's') readSignal(value);
        break;
      }
      if (!/[?hvVtTq]/.test(letter)) throw new CommandLineError(`invalid option: "${letter}"`);
      letters.add(letter);
    }
  }
  const help = letters.has('h') || letters.has('?');
  const build = letters.has('V');
  const signal = values.get('s');
  return {
    help,
    build,
    version: help || build || letters.has('v'),
    test: letters.has('t') || letters.has('T'),
    dump: letters.has('T'),
    quiet: letters.has('q'),
    signal: signal === undefined ? undefined : readSignal(signal),
    prefix: values.get('p'),
    confFile: values.get('c'),
    errorLog: values.get('e'),
    directives: values.get('g') ?? '',
  };
}

function readSignal(word: string): SignalWord {
  const signal = SIGNALS.find((one) => one === word);
  if (signal === undefined) throw new CommandLineError(`invalid option: "-s ${word}"`);
  return signal;
}
