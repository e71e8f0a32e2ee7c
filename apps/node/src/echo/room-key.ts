const PREFIX = 'room ';

/**
 * The name in Socket.IO of a room that clients speak of. Socket.IO also has a room for each socket, named by its id: a
 * client that joins a room of that name must not be in that one.
 */
export function roomKey(room: string): string {
  return PREFIX + room;
}

/** The room that clients speak of, or undefined for one of Socket.IO's own. */
export function roomOfKey(key: string): string | undefined {
  return key.startsWith(PREFIX) ? key.slice(PREFIX.length) : undefined;
}
