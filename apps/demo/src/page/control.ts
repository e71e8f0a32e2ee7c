import type { ControlAnswer, ControlVerb } from '@pinwheel/protocol';
import type { ClusterFeed } from './cluster-feed.js';

/** What takes the connection away that it was asked over, where that is a connection to the very node. */
const ENDS: readonly ControlVerb[] = ['kill', 'hang', 'drain'];
/** Milliseconds that a server has for it. */
const ANSWER_MS = 10_000;
/** Milliseconds to find a server that answers, looked for every so many. */
const FIND_MS = 8_000;
const LOOK_MS = 200;

/**
 * Asks for something to be done to a node or to Redis, over whichever connection has a server that answers.
 *
 * @returns what was done or why not, for a person; undefined where the answer went down with its node, which is seen elsewhere
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
      if (error !== null) resolve(ENDS.includes(verb) ? undefined : 'no answer came');
      else resolve(answer.ok ? answer.done : answer.error.message);
    });
  });
}
