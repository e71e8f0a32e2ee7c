import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { ConfError, core, type Scope } from '@pinwheel/nginx-conf';

/** The user whose rights the process takes after binding its listeners. */
export interface Account {
  readonly user: string;
  readonly uid: number;
  readonly gid: number;
}

/** The result of a `user` directive. */
export interface UserDirective {
  /** Undefined: the process keeps its rights. */
  readonly account: Account | undefined;
  readonly warning: string | undefined;
}

/**
 * The account of the `user` directive, which has an effect only for root.
 *
 * @throws ConfError in nginx's words when there is no such user or group
 */
export function readUser(main: Scope): UserDirective {
  const entry = main.own(core.user)[0];
  if (entry === undefined) return { account: undefined, warning: undefined };
  const { file, line } = entry.directive;
  if (process.geteuid?.() !== 0) {
    const why = 'makes sense only if the process runs with super-user privileges, ignored';
    return { account: undefined, warning: `the "user" directive ${why} in ${line === 0 ? file : `${file}:${line}`}` };
  }
  const { user, group } = entry.value;
  const uid = idOf('passwd', user);
  if (uid === undefined) throw new ConfError(`getpwnam("${user}") failed`, { file, line });
  const gid = idOf('group', group);
  if (gid === undefined) throw new ConfError(`getgrnam("${group}") failed`, { file, line });
  return { account: { user, uid, gid }, warning: undefined };
}

/** The number of a user or group, from the file in /etc or else from the system's other databases (NSS). */
function idOf(database: 'passwd' | 'group', name: string): number | undefined {
  return (
    idIn(
      textOf(() => readFileSync(`/etc/${database}`, 'latin1')),
      name,
    ) ?? idIn(askSystem(database, name), name)
  );
}

function askSystem(database: string, name: string): string {
  if (!/^[A-Za-z_][\w.@-]*\$?$/.test(name)) return '';
  return textOf(() =>
    execFileSync('getent', [database, name], { encoding: 'latin1', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}

/** The text; '' when the file or the program is missing, and so is the account. */
function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

function idIn(text: string, name: string): number | undefined {
  for (const line of text.split('\n')) {
    const [first, , id = ''] = line.split(':');
    if (first === name && /^\d+$/.test(id)) return Number(id);
  }
  return undefined;
}
