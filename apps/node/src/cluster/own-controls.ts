import type { ControlAnswer, ControlVerb } from '@pinwheel/protocol';
import { RefusedError } from '../echo/arguments.js';

/** What nodes can do to themselves, where nobody who started them can: whoever runs them starts them again. */
export const OWN_VERBS: readonly ControlVerb[] = ['kill', 'drain'];

/**
 * Does to this process what a page asked for. `kill` ends it at once, with exit code 137; `drain` is a SIGTERM.
 *
 * @throws RefusedError (`unavailable`) for what it cannot do to itself
 */
export function doToSelf(verb: ControlVerb): ControlAnswer {
  if (verb === 'kill') {
    // Not SIGKILL, which the first process of a container does not get from its own. After the answer is out.
    setTimeout(() => process.exit(137), 50);
    return { ok: true, done: 'ends at once' };
  }
  if (verb === 'drain') {
    setTimeout(() => process.emit('SIGTERM'), 50);
    return { ok: true, done: 'hands its sessions back, then ends' };
  }
  throw new RefusedError('unavailable', `expected ${OWN_VERBS.join(' or ')}, got ${verb}: nobody here could undo it`);
}
