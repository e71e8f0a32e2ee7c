import { FileResponse } from './answer/files/file-response.js';
import { stubStatusReply } from './answer/stub-status.js';
import type { Responder, Turn } from './client/turn.js';
import { ProxyError } from './errors.js';
import { Forward } from './forward/forward.js';
import type { Location } from './route/location.js';

/** Makes the responder for a request that has reached its location; undefined when the request has been answered already. */
export function respond(turn: Turn, location: Location): Responder | undefined {
  const { options } = location;
  if (location.reply !== undefined) turn.reply(location.reply);
  else if (location.group !== undefined || location.targets !== undefined) return new Forward(turn);
  else if (options.stubStatus === true) replyCounts(turn);
  else if (options.files !== undefined) return new FileResponse(turn, options.files);
  else turn.fail(new ProxyError('no_location', turn.head.target));
  return undefined;
}

/** nginx: `stub_status`. */
function replyCounts(turn: Turn): void {
  const { method } = turn.head;
  if (method !== 'GET' && method !== 'HEAD') turn.answerError(405);
  else turn.reply(stubStatusReply(turn.getFacts().connectionCounts()));
}
