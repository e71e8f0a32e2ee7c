import type { Account } from './account.js';
import type { LogFiles } from './log-files.js';
import type { PidFile } from './pid-file.js';

/** Node has it on POSIX systems; its types do not. */
interface Initgroups {
  initgroups?(user: string, extraGroup: number): void;
}

/**
 * Becomes another user for good, as far as the system goes: groups first, for a user that is not root may not change
 * them. What the process must still write is given to that user before. Throws the system's error.
 */
export function dropPrivileges({ user, uid, gid }: Account, logs: LogFiles, pidFile: PidFile): void {
  if (uid === process.geteuid?.()) return;
  for (const log of logs) log.giveTo(uid, gid);
  pidFile.giveTo(uid, gid);
  (process as Initgroups).initgroups?.(user, gid);
  process.setgid?.(gid);
  process.setuid?.(uid);
}
