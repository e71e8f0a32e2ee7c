// node compare.mjs URL ARTILLERY [CLIENTS] [SAYS] [EVERY] [room|echo] [ROUNDS]: the same load from pinwheel-load and from Artillery 2, and what each costs.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [url, artillery, clientsText = '500', saysText = '10', everyText = '2', mode = 'room', roundsText = '1'] =
  process.argv.slice(2);
if (url === undefined || artillery === undefined) {
  process.stderr.write('usage: node compare.mjs URL ARTILLERY [CLIENTS] [SAYS] [EVERY] [room|echo] [ROUNDS]\n');
  process.exit(2);
}
const clients = Number(clientsText);
const says = Number(saysText);
const EVERY_S = Number(everyText);
const rounds = Number(roundsText);
const ROOM = mode === 'echo' ? 1 : 10;
const ROOMS = Math.ceil(clients / ROOM);
/** The payload that Artillery's clients send in place of our stamped messages. */
const TEXT = 'x'.repeat(64);
const ARRIVAL_S = 5;
/** Seconds from the last arrival to the first message, and from the last message to the end. */
const BEFORE_S = 0.5;
const AFTER_S = 2;
/** Clock ticks of /proc per second, on every Linux of today. */
const TICKS = 100;

/** The numbers in /proc/PID/stat from the third field on; undefined for a process that has ended. */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** CPU seconds, user and system, of all processes that this one has waited for, and of those that they have waited for. */
function childrenCpuS() {
  const stat = statOf('self');
  return { user: Number(stat[13]) / TICKS, system: Number(stat[14]) / TICKS };
}

/** A process and all its descendants. */
function treeOf(root) {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), Number(statOf(name)?.[1])]);
  const tree = [root];
  for (const one of tree) tree.push(...parents.filter(([, parent]) => parent === one).map(([pid]) => pid));
  return tree;
}

/** The memory of a process in bytes: its own, and its part of shared memory (PSS). */
function memoryOf(pid) {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) * 1_024;
  } catch {
    // The process has exited meanwhile.
    return 0;
  }
}

/** Runs a command to its end. @returns CPU seconds and the largest memory of the command and its descendants */
async function measured(file, args, folder) {
  const before = childrenCpuS();
  const began = performance.now();
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  let bytes = 0;
  const timer = setInterval(() => {
    bytes = Math.max(
      bytes,
      treeOf(child.pid).reduce((sum, pid) => sum + memoryOf(pid), 0),
    );
  }, 500);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  const after = childrenCpuS();
  const userS = after.user - before.user;
  const systemS = after.system - before.system;
  return { code, output, userS, systemS, cpuS: userS + systemS, bytes, wallS: (performance.now() - began) / 1_000 };
}

/** A time for Artillery's `think`, which reads a fraction without a unit as milliseconds. */
function time(seconds) {
  return `${Math.round(seconds * 1_000)}ms`;
}

/**
 * A line for each client: its room, and how long it waits after its arrival, so that all clients are in their rooms
 * before the first message, and messages are as far apart as those of pinwheel-load: rooms evenly spread, the members
 * of a room in turn.
 */
function artilleryClients() {
  return Array.from({ length: clients }, (_, client) => {
    const room = Math.floor(client / ROOM);
    const turn = ((client % ROOM) + (room + 0.5) / ROOMS) / ROOM;
    return `compare-${room},${time(ARRIVAL_S * (1 - client / clients) + BEFORE_S + EVERY_S * turn)}`;
  }).join('\n');
}

function artilleryScript() {
  const message =
    mode === 'room'
      ? { emit: ['say', '{{ room }}', TEXT] }
      : // An echo is answered by acknowledging it.
        { emit: ['echo', TEXT], acknowledge: {} };
  const flow = [
    ...(mode === 'room' ? [{ emit: ['join', '{{ room }}'] }] : []),
    { think: '{{ wait }}' },
    { loop: [message, { think: time(EVERY_S) }], count: says },
    { think: time(AFTER_S) },
  ];
  return JSON.stringify({
    config: {
      target: url,
      phases: [{ duration: ARRIVAL_S, arrivalCount: clients }],
      payload: { path: 'clients.csv', fields: ['room', 'wait'], order: 'sequence' },
      socketio: { transports: ['websocket'] },
    },
    scenarios: [{ engine: 'socketio', flow }],
  });
}

async function runArtillery(folder) {
  writeFileSync(join(folder, 'clients.csv'), artilleryClients());
  writeFileSync(join(folder, 'load.json'), artilleryScript());
  const run = await measured(artillery, ['run', '--quiet', '--output', 'out.json', 'load.json'], folder);
  const { counters } = JSON.parse(readFileSync(join(folder, 'out.json'), 'utf8')).aggregate;
  const sent = (counters['socketio.emit'] ?? 0) - (mode === 'room' ? clients : 0);
  return { ...run, sent, counters };
}

async function runOurs(folder) {
  const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
  const load = `--clients ${clients} --mode ${mode} ${mode === 'room' ? `--room-size ${ROOM} ` : ''}--rate ${ROOM / EVERY_S} --warmup 0s --duration ${says * EVERY_S}s`;
  const shape = `--arrival ${clients / ARRIVAL_S}/s --settle ${AFTER_S}s --transport websocket --json report.json`;
  const args = [main, url, ...load.split(' '), ...shape.split(' ')];
  const run = await measured(process.execPath, args, folder);
  const { counts } = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')).stage;
  return { ...run, sent: counts.sent, counters: counts };
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const COLUMNS = [
  ['exit', 4, (run) => run.code, 0],
  ['messages', 8, (run) => run.sent, 0],
  ['wall s', 6, (run) => run.wallS, 1],
  ['user s', 6, (run) => run.userS, 2],
  ['system s', 8, (run) => run.systemS, 2],
  ['CPU s', 6, (run) => run.cpuS, 2],
  ['CPU us/message', 14, (run) => (run.cpuS * 1e6) / run.sent, 0],
  ['MB', 5, (run) => run.bytes / 2 ** 20, 0],
  ['KB/client', 9, (run) => run.bytes / 1_024 / clients, 0],
];

function row(name, of) {
  return [
    name.padEnd(26),
    ...COLUMNS.map(([, width, value, digits]) => of(value).toFixed(digits).padStart(width)),
  ].join(' ');
}

function say(line) {
  process.stdout.write(`${line}\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'compare-artillery-'));
try {
  say(
    `mode ${mode}, ${clients} clients, ${ROOMS} rooms, ${says} messages each, one every ${EVERY_S} s, rounds: ${rounds}`,
  );
  say(['generator'.padEnd(26), ...COLUMNS.map(([head, width]) => head.padStart(width))].join(' '));
  const theirs = [];
  const ours = [];
  const turn = async (name, runs, run) => {
    const one = await run(folder);
    runs.push(one);
    say(row(name, (value) => value(one)));
    if (runs.length === 1) say(`  ${JSON.stringify(one.counters)}`);
  };
  for (let round = 1; round <= rounds; round++) {
    await turn(`Artillery 2, round ${round}`, theirs, runArtillery);
    await turn(`pinwheel-load, round ${round}`, ours, runOurs);
  }
  const middle = (runs) => (value) => median(runs.map(value));
  say(row('Artillery 2, median', middle(theirs)));
  say(row('pinwheel-load, median', middle(ours)));
  const ratio = (value) => (middle(ours)(value) / middle(theirs)(value)).toFixed(2);
  say(
    `pinwheel-load / Artillery 2: CPU per message ${ratio((run) => run.cpuS / run.sent)}, memory ${ratio((run) => run.bytes)}`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
