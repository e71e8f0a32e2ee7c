// A lock between processes: a directory with one file, named after its owner. Without a file the lock is free.
//
// A process takes it by renaming a directory that already contains its file (atomic; it fails while another file is
// there). The lock is freed, or broken when its owner is dead, by unlinking exactly that file, whose name is unique: of
// two processes that find the same dead owner, neither can break the lock that the other one takes next.
import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  rmdirSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds between two updates of the time of the owner's file. */
const BEAT = 1_000;
/** Milliseconds without an update, by the waiting process's own clock, after which the owner counts as dead. */
const SILENCE = 15_000;
/** Milliseconds between two attempts to take a lock that another process holds. */
const RETRY = 100;

const HELD = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES']);
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS']);

/**
 * Waits until this process holds the lock at `path`.
 *
 * @param {string} path a directory that need not exist
 * @param {(pid: number) => void} onWait called once if another process holds the lock
 * @returns {Promise<{ note(child: number | undefined): void, release(): void }>} `note` names a child process that must
 *   have exited, too, before the lock may be broken. On a file system that cannot be written both do nothing: nothing
 *   can be installed or built there either.
 */
export async function takeLock(path, onWait) {
  const nameWith = (child) => [process.pid, child, hostname(), token].join('~');
  const token = randomBytes(8).toString('hex');
  let name = nameWith(0);
  const mine = `${path}.${token}`;
  try {
    mkdirSync(mine, { recursive: true });
    writeFileSync(join(mine, name), '');
  } catch (error) {
    if (UNWRITABLE.has(error.code)) return { note: () => undefined, release: () => undefined };
    throw error;
  }
  await moveIn(mine, path, onWait);
  const timer = setInterval(() => ifThere(() => utimesSync(join(path, name), new Date(), new Date())), BEAT);
  timer.unref();
  return {
    note(child) {
      const next = nameWith(child ?? 0);
      ifThere(() => {
        renameSync(join(path, name), join(path, next));
        name = next;
      });
    },
    release() {
      clearInterval(timer);
      free(path, name);
    },
  };
}

async function moveIn(mine, path, onWait) {
  let seen = { beat: '', since: 0 };
  let hasWaited = false;
  for (;;) {
    try {
      renameSync(mine, path);
      return;
    } catch (error) {
      if (!HELD.has(error.code)) {
        rmSync(mine, { recursive: true, force: true });
        throw error;
      }
    }
    const holder = ifThere(() => readdirSync(path)[0]);
    const beat = holder && ifThere(() => `${holder} ${statSync(join(path, holder)).mtimeMs}`);
    if (beat === undefined) {
      // Free: a rename replaces the empty directory, except on Windows.
      ifThere(() => rmdirSync(path));
      continue;
    }
    if (beat !== seen.beat) seen = { beat, since: performance.now() };
    if (isDead(holder) || performance.now() - seen.since > SILENCE) {
      free(path, holder);
      continue;
    }
    if (!hasWaited) onWait(Number(holder.split('~')[0]));
    hasWaited = true;
    await wait(RETRY);
  }
}

/** True when the owner and its child have certainly exited; process ids of another host (a container) prove nothing. */
function isDead(holder) {
  const [pid, child, host] = holder.split('~');
  return host === hostname() && !isAlive(Number(pid)) && !isAlive(Number(child));
}

function isAlive(pid) {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Frees the lock if `holder` still holds it. */
function free(path, holder) {
  ifThere(() => unlinkSync(join(path, holder)));
  ifThere(() => rmdirSync(path));
}

/** Undefined when another process was faster: what `act` works on is not there, or the directory is in use again. */
function ifThere(act) {
  try {
    return act();
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    return undefined;
  }
}
