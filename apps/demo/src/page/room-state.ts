import type { RoomMember } from '@pinwheel/protocol';

/** Members of a room on one server. */
export interface ServerShare {
  server: string;
  members: number;
}

/** Number of members on each server, sorted by name with numbers in order (`Server2` before `Server10`). */
export function sharesOf(members: readonly RoomMember[]): ServerShare[] {
  const counts = new Map<string, number>();
  for (const { server } of members) counts.set(server, (counts.get(server) ?? 0) + 1);
  return [...counts]
    .map(([server, count]) => ({ server, members: count }))
    .toSorted((a, b) => byName.compare(a.server, b.server));
}

/** Members in a stable order: the page itself first, then by server, then by id. */
export function inOrder(members: readonly RoomMember[], ownId: string | undefined): RoomMember[] {
  return members.toSorted(
    (a, b) =>
      Number(b.id === ownId) - Number(a.id === ownId) ||
      byName.compare(a.server, b.server) ||
      (a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
  );
}

const byName = new Intl.Collator('en', { numeric: true });
