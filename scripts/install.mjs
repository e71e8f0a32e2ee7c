// Dependencies: installs them again when node_modules differs from package-lock.json.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { runStep } from './step.mjs';

/** Settings of an outer `npm start` or `npm test` that must not reach `npm ci`. */
const NOT_INHERITED =
  /^npm_config_(workspaces?|include_workspace_root|omit|include|only|production|global|location|dry_run)$/i;

/** Runs `npm ci` unless node_modules already matches package-lock.json. */
export async function install(root) {
  if (isInstalled(root)) return;
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name)));
  const npm = [...npmCommand(), 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=warn'];
  const shell = process.platform === 'win32' && npm[0] === 'npm';
  // npm writes this file last: without it an interrupted installation is not taken for a complete one.
  rmSync(installedFile(root), { force: true });
  await runStep('installing the dependencies (npm ci)', npm, { cwd: root, env, shell });
  writeFileSync(stampFile(root), stampText(root));
}

/** The npm that started this process, else the one in PATH. */
function npmCommand() {
  const script = process.env.npm_execpath;
  return script !== undefined && basename(script) === 'npm-cli.js' ? [process.execPath, script] : ['npm'];
}

const lockFile = (root) => join(root, 'package-lock.json');
/** npm's list of the installed packages, written at the end of an installation. */
const installedFile = (root) => join(root, 'node_modules', '.package-lock.json');
const stampFile = (root) => join(root, 'node_modules', '.pinwheel-installed');

function isInstalled(root) {
  if (!existsSync(installedFile(root))) return false;
  const installed = JSON.parse(readFileSync(installedFile(root), 'utf8')).packages;
  if (!Object.keys(installed).every((path) => existsSync(join(root, path, 'package.json')))) return false;
  if (existsSync(stampFile(root)) && readFileSync(stampFile(root), 'utf8') === stampText(root)) return true;
  return fits(JSON.parse(readFileSync(lockFile(root), 'utf8')).packages, installed);
}

/** Identifies this installation, made from this lock file on this kind of machine. */
function stampText(root) {
  const hash = createHash('sha256');
  for (const file of [lockFile(root), installedFile(root)]) hash.update(readFileSync(file)).update('\0');
  return `${hash.digest('hex')} ${process.platform} ${process.arch}\n`;
}

/**
 * True when everything locked is installed in the locked version; more may be installed. Optional packages may be
 * missing, but none may be for another kind of machine: such a tree was copied from there.
 */
export function fits(locked, installed) {
  for (const [path, entry] of Object.entries(locked)) {
    if (path === '') continue;
    const there = installed[path];
    if (there === undefined) {
      if (entry.optional || entry.devOptional || entry.peer) continue;
      return false;
    }
    if (there.version !== entry.version || there.link !== entry.link) return false;
    if (there.integrity !== undefined && entry.integrity !== undefined && there.integrity !== entry.integrity) {
      return false;
    }
  }
  return Object.values(installed).every(
    (entry) => allows(entry.os, process.platform) && allows(entry.cpu, process.arch),
  );
}

/** npm's `os` and `cpu` lists: allowed names, or `!name` for excluded ones. */
function allows(list, name) {
  if (list === undefined) return true;
  if (list.includes(`!${name}`)) return false;
  const named = list.filter((one) => !one.startsWith('!'));
  return named.length === 0 || named.includes(name) || named.includes('any');
}
