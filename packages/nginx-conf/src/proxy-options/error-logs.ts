import type { GivenLocation } from '@pinwheel/proxy';
import { core } from '../directives/core.js';
import type { Scope } from '../declare/scope.js';
import type { Surroundings } from './proxy-options.js';

/** The log of a location, where it or its server names one of its own; else what happens there is told to that of `http`. */
export function errorLogOf(scope: Scope, around: Surroundings): Pick<GivenLocation, 'log'> {
  for (let level: Scope | undefined = scope; level !== undefined && level.context !== 'http'; level = level.parent) {
    if (level.own(core.error_log).length > 0) {
      const log = around.errorLog?.(level.list(core.error_log));
      return log === undefined ? {} : { log };
    }
  }
  return {};
}
