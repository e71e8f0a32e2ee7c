import type { Account } from '../serve/account.js';

/** Node has this method on POSIX systems, but its types lack it. */
interface Initgroups {
  initgroups?(user: string, extraGroup: number): void;
}

/**
 * Gives up the rights of this process for those of another user, for good. Groups come first, because only root may
 * change them.
 *
 * @throws the system's error
 */
export function dropPrivileges({ user, uid, gid }: Account): void {
  if (uid === process.geteuid?.()) return;
  (process as Initgroups).initgroups?.(user, gid);
  process.setgid?.(gid);
  process.setuid?.(uid);
}
