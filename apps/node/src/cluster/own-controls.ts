import type { ControlAnswer, ControlVerb } from '@pinwheel/protocol';
import { RefusedError } from '../contract.js';

/** The controls of a node without a parent process. It can only exit; its supervisor then restarts it. */
export const OWN_VERBS: readonly ControlVerb[] = ['kill', 'drain'];

/** Milliseconds before the process exits, so that the answer reaches the client first. */
const ANSWER_FIRST_MS = 50;

/**
 * Carries out a control that a page requested: `kill` exits at once with code 137, `drain` is a SIGTERM.
 *
 * @throws RefusedError (`unavailable`) for any other verb
 */
export function doToSelf(verb: ControlVerb): ControlAnswer {
  if (verb === 'kill') {
    // The process exits by itself, because the kernel ignores a SIGKILL that the first process of a container sends
    // itself.
    setTimeout(() => process.exit(137), ANSWER_FIRST_MS);
    return { ok: true, done: 'exits at once' };
  }
  if (verb === 'drain') {
    setTimeout(() => process.emit('SIGTERM'), ANSWER_FIRST_MS);
    return { ok: true, done: 'drains its sessions, then exits' };
  }
  throw new RefusedError(
    'unavailable',
    `${verb} needs the cluster process; a node alone can only ${OWN_VERBS.join(' or ')}`,
  );
}
