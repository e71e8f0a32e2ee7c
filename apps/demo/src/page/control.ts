import type { ControlAnswer, ControlVerb } from '@pinwheel/protocol';
import type { ClusterFeed } from './cluster-feed.js';

/** Verbs that may close the connection over which they are sent, when they affect its own node. */
const ENDS: readonly ControlVerb[] = ['kill', 'hang', 'drain'];
/** Milliseconds until an answer counts as missing. */
const ANSWER_MS = 10_000;
/** Milliseconds to find a server that answers, and between two attempts. */
const FIND_MS = 8_000;
const LOOK_MS = 200;

/**
 * Sends a command for a node or Redis, over a connection whose server answers.
 *
 * @returns what was done or why not, for the user; undefined when the answer was lost with its node, which the page shows
 */
export async function control(feed: ClusterFeed, verb: ControlVerb, name: string): Promise<string | undefined> {
  const until = performance.now() + FIND_MS;
  while (feed.socket === undefined && performance.now() < until) {
    await new Promise((resolve) => window.setTimeout(resolve, LOOK_MS));
  }
  const { socket } = feed;
  if (socket === undefined) return 'no server answers';
  return new Promise((resolve) => {
    socket.timeout(ANSWER_MS).emit('control', verb, name, (error: Error | null, answer: ControlAnswer) => {
      if (error !== null) resolve(ENDS.includes(verb) ? undefined : 'the server did not answer');
      else resolve(answer.ok ? answer.done : answer.error.message);
    });
  });
}
