import { Checker } from './checker.js';
import type { ConfWarning } from '../text/error.js';
import type { ConfFiles } from '../text/files.js';
import { confPrefix, parseFile, parseParameter } from '../text/parse.js';
import type { Directive } from '../text/parse.js';
import type { Scope } from '../declare/scope.js';
import type { Variables } from '../values/user-variables.js';

/** A configuration that has been read, checked and compiled. */
export interface Configuration {
  /** The main level; it leads to all others. */
  readonly main: Scope;
  /** All directives as written; those of included files stand in place of their `include`. */
  readonly tree: readonly Directive[];
  readonly variables: Variables;
  readonly warnings: readonly ConfWarning[];
}

/**
 * Reads an nginx.conf.
 *
 * @param path of the main file, as errors should name it; relative `include` paths start from its directory
 * @param parameter directives of `-g`, which precede those of the file
 * @param onWarning called with every warning as soon as it is found, so also before a later error
 * @throws ConfError at the first fault, in nginx's order
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
