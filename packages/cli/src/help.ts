import { flagOf, type Setting, type Settings } from './settings.js';

/** A program as `--help` shows it. Texts are Markdown; the terminal gets them without backticks. */
export interface Program {
  readonly name: string;
  /** Ways to call it, such as `npm start -- [flags]`. */
  readonly usage: readonly string[];
  /** The purpose of the program, in a sentence or two. */
  readonly summary: string;
  readonly settings: Settings;
  /** Paragraphs after the settings: signals, exit codes. */
  readonly notes: readonly string[];
}

/** Columns of the help text. */
const WIDTH = 100;
/** Columns of the flags, at most; a longer flag has a line of its own. */
const FLAG_WIDTH = 24;

/** The text of `--help`. */
export function helpText({ usage, summary, settings, notes }: Program): string {
  const all = Object.entries(settings);
  const flags = all.filter(([, { variableOnly }]) => variableOnly !== true);
  const variables = all.filter(([, { variableOnly }]) => variableOnly === true);
  return [
    ...usage.map((one, index) => `${index === 0 ? 'usage: ' : '       '}${one}`),
    '',
    ...wrap(plain(summary), WIDTH),
    '',
    ...columns(flags.map(([key, setting]) => [flagWithValue(key, setting), meaning(setting)])),
    ...(variables.length === 0 ? [] : ['', 'Environment:', '']),
    ...columns(variables.map(([, setting]) => [setting.variable ?? '', meaning(setting)])),
    ...notes.flatMap((note) => ['', ...note.split('\n').flatMap((line) => wrap(plain(line), WIDTH))]),
    '',
  ].join('\n');
}

/** `-h, --help`, `--port PORT`. */
function flagWithValue(key: string, { short, value, many }: Setting): string {
  const names = `${short === undefined ? '' : `-${short}, `}${flagOf(key)}`;
  if (value === undefined) return names;
  return `${names} ${value.placeholder}${many === 'words' ? ' ...' : ''}`;
}

function meaning(setting: Setting): string {
  const byDefault = defaultOf(setting);
  return plain(longHelp(setting, byDefault === '' ? [] : [`default: ${byDefault}`]));
}

/** The meaning, and in parentheses the unit, an example and `more`. */
function longHelp(setting: Setting, more: readonly string[] = []): string {
  const { help, unit, example, many, variable, variableOnly, needs } = setting;
  const details = [
    ...(unit === undefined ? [] : [`in ${unit}`]),
    ...(example === undefined ? [] : [`such as \`${example}\``]),
    ...more,
  ];
  return [
    help,
    many === 'repeated' ? '; may be repeated' : '',
    needs === undefined ? '' : `; needs \`${flagOf(needs)}\``,
    variable === undefined || variableOnly === true ? '' : `; \`${variable}\` in the environment does the same`,
    details.length === 0 ? '' : ` (${details.join('; ')})`,
  ].join('');
}

function defaultOf({ default: text, otherwise = '' }: Setting): string {
  return text === undefined ? otherwise : `\`${text}\``;
}

/** Two columns, the second one wrapped. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.min(FLAG_WIDTH, Math.max(0, ...rows.map(([flag]) => flag.length)));
  return rows.flatMap(([flag, text]) => {
    const lines = wrap(text, WIDTH - width - 4).map((line) => `${' '.repeat(width + 4)}${line}`);
    const [first = ''] = lines;
    if (flag.length > width) return [`  ${flag}`, ...lines];
    return [`  ${flag.padEnd(width + 2)}${first.trimStart()}`, ...lines.slice(1)];
  });
}

function plain(markdown: string): string {
  return markdown.replaceAll('`', '');
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const one of text.split(' ')) {
    if (line !== '' && line.length + 1 + one.length > width) {
      lines.push(line);
      line = one;
    } else line = line === '' ? one : `${line} ${one}`;
  }
  return [...lines, line];
}

/**
 * The settings as Markdown tables, for the README of the program: flags, then variables that have no flag. `--help` and
 * `--version` are left out: every program has them.
 */
export function settingsTables(table: Settings): string {
  const rows = (isVariable: boolean): string[] =>
    Object.entries(table)
      .filter(([key, { variableOnly = false }]) => {
        return variableOnly === isVariable && key !== 'help' && key !== 'version';
      })
      .map(([key, setting]) => {
        const name = isVariable ? (setting.variable ?? '') : flagWithValue(key, setting);
        return `| \`${name.replaceAll('|', '\\|')}\` | ${longHelp(setting).replaceAll('|', '\\|')} | ${defaultOf(setting)} |`;
      });
  const [flags, variables] = [rows(false), rows(true)];
  return [
    ...(flags.length === 0 ? [] : ['| flag | meaning | default |', '| --- | --- | --- |', ...flags, '']),
    ...(variables.length === 0 ? [] : ['| variable | meaning | default |', '| --- | --- | --- |', ...variables, '']),
  ].join('\n');
}
