import type { ROOM_NAME_MAX } from '@pinwheel/protocol';

/** The contract's limit as a type-only import: the build fails when the two differ, and no server code is bundled. */
export const roomNameMax: typeof ROOM_NAME_MAX = 128;

export type TransportName = 'polling' | 'websocket';

/** The parameters of the page's address. */
export interface Query {
  /** Room to join at once, from `?room=`. 1 to 128 UTF-16 code units; anything else is ignored. */
  room?: string;
  /** The only transport to use, from `?transport=polling` or `?transport=websocket`. Absent: Socket.IO's default. */
  transport?: TransportName;
}

/** Reads `location.search`. Unknown parameters and values out of range are ignored. */
export function readQuery(search: string): Query {
  const parameters = new URLSearchParams(search);
  const query: Query = {};
  const room = parameters.get('room') ?? '';
  if (isRoomName(room)) query.room = room;
  const transport = parameters.get('transport');
  if (transport === 'polling' || transport === 'websocket') query.transport = transport;
  return query;
}

/** True for a text that the nodes accept as a room's name. */
export function isRoomName(text: string): boolean {
  return text.length >= 1 && text.length <= roomNameMax;
}

/** `search` with its room replaced, or taken out when `room` is undefined. The other parameters stay. */
export function withRoom(search: string, room: string | undefined): string {
  const parameters = new URLSearchParams(search);
  if (room === undefined) parameters.delete('room');
  else parameters.set('room', room);
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
