import { Checker } from './checker.js';
import type { ConfWarning } from '../text/error.js';
import type { ConfFiles } from '../text/files.js';
import { confPrefix, parseFile, parseParameter } from '../text/parse.js';
import type { Directive } from '../text/parse.js';
import type { Scope } from '../declare/scope.js';
import type { Variables } from '../values/user-variables.js';

/** A configuration that has been read, checked and compiled. */
export interface Configuration {
  /** The main level, from which all others are reached. */
  readonly main: Scope;
  /** Everything as written, included files in their place. */
  readonly tree: readonly Directive[];
  readonly variables: Variables;
  readonly warnings: readonly ConfWarning[];
}

/**
 * Reads an nginx.conf.
 *
 * @param path of the main file, as errors should name it; `include` starts from its directory
 * @param parameter directives of `-g`, which come before those of the file
 * @param onWarning told of every warning when it is found, before an error that may come after it
 * @throws ConfError at the first thing that is wrong, in the order nginx finds it
 */
export function loadConfiguration(
  files: ConfFiles,
  path: string,
  parameter = '',
  onWarning?: (warning: ConfWarning) => void,
): Configuration {
  const checker = new Checker(onWarning);
  const given = parseParameter(files, parameter, confPrefix(path), checker);
  const tree = [...given, ...parseFile(files, path, checker)];
  checker.finish();
  return { main: checker.main, tree, variables: checker.variables, warnings: checker.warnings };
}
