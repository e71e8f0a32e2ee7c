// A lock between processes, held by a directory: it exists with its owner's file inside, or it is free.
//
// It appears by renaming a directory that already has the owner's file in it (atomic; fails while another owner's file
// is there) and it is freed or broken by unlinking exactly that file, whose name is unique. So two processes that find
// the same stale lock cannot both break it, and neither can break the lock that the other one takes next.
import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds between two signs of life of the owner. */
const BEAT = 1_000;
/** Milliseconds without a sign of life, by the clock of the one who waits, after which the owner counts as dead. */
const SILENCE = 15_000;
/** Milliseconds between two looks at a lock that another process holds. */
const LOOK = 100;

const TAKEN = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES']);
const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS']);

/**
 * Waits until the lock at `path` is ours.
 *
 * @param {string} path a directory that need not exist
 * @param {(pid: number) => void} onWait called once, when another process turns out to hold the lock
 * @returns {Promise<{ note(child: number | undefined): void, release(): void }>} `note` names a child process that must
 *   also be gone before the lock may be broken. On a file system that cannot be written both do nothing: then nothing
 *   can be installed or built either.
 */
export async function takeLock(path, onWait) {
  const token = `${process.pid}-${randomBytes(8).toString('hex')}`;
  const mine = `${path}.${token}`;
  const owner = { pid: process.pid, host: hostname(), child: 0, beat: 0 };
  try {
    mkdirSync(dirname(path), { recursive: true });
    mkdirSync(mine);
  } catch (error) {
    if (UNWRITABLE.has(error.code)) return { note: () => undefined, release: () => undefined };
    throw error;
  }
  writeFileSync(join(mine, token), shown(owner));
  await moveIn(mine, path, onWait);
  sweep(path);

  const file = join(path, token);
  const tell = () => writeIfThere(file, shown(owner));
  const timer = setInterval(() => {
    owner.beat += 1;
    tell();
  }, BEAT);
  timer.unref();
  return {
    note(child) {
      owner.child = child ?? 0;
      tell();
    },
    release() {
      clearInterval(timer);
      free(path, token);
    },
  };
}

async function moveIn(mine, path, onWait) {
  let seen = { text: '', since: 0, told: false };
  try {
    for (;;) {
      try {
        renameSync(mine, path);
        return;
      } catch (error) {
        if (!TAKEN.has(error.code)) throw error;
      }
      const holder = readHolder(path);
      if (holder === undefined) {
        freeEmpty(path);
        continue;
      }
      if (holder.text !== seen.text) seen = { ...seen, text: holder.text, since: performance.now() };
      if (isDead(holder.owner) || performance.now() - seen.since > SILENCE) {
        free(path, holder.token);
        continue;
      }
      if (!seen.told) onWait(holder.owner?.pid ?? 0);
      seen.told = true;
      await wait(LOOK);
    }
  } catch (error) {
    rmSync(mine, { recursive: true, force: true });
    throw error;
  }
}

/** Takes away what processes left that were killed while they waited. */
function sweep(path) {
  for (const name of readdirSync(dirname(path))) {
    if (!name.startsWith(`${basename(path)}.`)) continue;
    const waiting = join(dirname(path), name);
    const holder = readHolder(waiting);
    if (holder !== undefined && isDead(holder.owner)) rmSync(waiting, { recursive: true, force: true });
  }
}

/** The owner's file as it is now, or undefined when nobody holds the lock any more. */
function readHolder(path) {
  try {
    const token = readdirSync(path)[0];
    if (token === undefined) return undefined;
    const text = readFileSync(join(path, token), 'utf8');
    return { token, text, owner: parseOwner(text) };
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Of one length always: it is written over the text before it. */
function shown(owner) {
  return JSON.stringify(owner).padEnd(512);
}

/** Undefined while the owner is in the middle of writing its file. */
function parseOwner(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True when the owner and the child it noted are surely gone; another host's pids (containers) say nothing here. */
function isDead(owner) {
  return owner !== undefined && owner.host === hostname() && !isAlive(owner.pid) && !isAlive(owner.child);
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

/** Frees the lock if it is still the one of `token`. */
function free(path, token) {
  try {
    unlinkSync(join(path, token));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  freeEmpty(path);
}

/** An empty directory is a free lock; taking it away is needed only where a rename cannot replace it (Windows). */
function freeEmpty(path) {
  try {
    rmdirSync(path);
  } catch (error) {
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
  }
}

/** Rewrites the owner's file, but never brings one back that was taken away. */
function writeIfThere(file, text) {
  try {
    writeFileSync(file, text, { flag: 'r+' });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}
