import type { Account } from './account.js';

/** Node has it on POSIX systems; its types do not. */
interface Initgroups {
  initgroups?(user: string, extraGroup: number): void;
}

/**
 * Becomes another user for good, as far as the system goes: groups first, for a user that is not root may not change
 * them. Throws the system's error.
 */
export function dropPrivileges({ user, uid, gid }: Account): void {
  if (uid === process.geteuid?.()) return;
  (process as Initgroups).initgroups?.(user, gid);
  process.setgid?.(gid);
  process.setuid?.(uid);
}
