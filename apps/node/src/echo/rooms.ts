import { RoomCounts } from '@pinwheel/member';
import type { RedisLink } from '@pinwheel/member';
import type { NodeServer } from '../contract.js';

const PREFIX = 'room ';

/**
 * The name in Socket.IO of a room that clients name. Socket.IO also has a room for each socket, named by its id, which a
 * client must not get into by joining a room of that name.
 */
export function roomKey(room: string): string {
  return PREFIX + room;
}

/** The room that clients name; undefined for a room of Socket.IO's own. */
export function roomOfKey(key: string): string | undefined {
  return key.startsWith(PREFIX) ? key.slice(PREFIX.length) : undefined;
}

/** Counts the members of the clients' rooms over all nodes, and keeps this node's share up to date. */
export function countRooms(io: NodeServer, link: RedisLink): RoomCounts {
  const { adapter } = io.of('/');
  const counts = new RoomCounts({
    link,
    localCount: (room) => adapter.rooms.get(roomKey(room))?.size ?? 0,
    *localRooms() {
      for (const key of adapter.rooms.keys()) {
        const room = roomOfKey(key);
        if (room !== undefined) yield room;
      }
    },
  });
  counts.start();
  const onChange = (key: string): void => {
    const room = roomOfKey(key);
    if (room !== undefined) void counts.update(room);
  };
  adapter.on('join-room', onChange);
  adapter.on('leave-room', onChange);
  return counts;
}
