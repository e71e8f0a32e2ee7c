/** The plan of the rooms, from which every worker derives who is in which room. All clients of a room are in one process. */
export interface RoomPlan {
  readonly clients: number;
  readonly rooms: number;
  readonly roomSize: number | undefined;
}

/** The place of a client. */
export interface Place {
  readonly room: number;
  /** The client's number among the members of the room. */
  readonly member: number;
}

/** The number of rooms, given or derived from their size. */
export function countRooms(clients: number, rooms: number | undefined, roomSize: number | undefined): number {
  return rooms ?? Math.ceil(clients / (roomSize ?? 1));
}

export function placeOf(client: number, plan: RoomPlan): Place {
  if (plan.roomSize === undefined) {
    return { room: client % plan.rooms, member: Math.floor(client / plan.rooms) };
  }
  return { room: Math.floor(client / plan.roomSize), member: client % plan.roomSize };
}

/** Members of a room when only the first `clients` of the run take part. */
export function membersOf(room: number, plan: RoomPlan, clients: number): number {
  if (plan.roomSize === undefined) return Math.max(0, Math.ceil((clients - room) / plan.rooms));
  return Math.min(plan.roomSize, Math.max(0, clients - room * plan.roomSize));
}

/** The worker that owns a room. */
export function workerOf(room: number, workers: number): number {
  return room % workers;
}
