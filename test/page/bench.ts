/** `npm run bench:page`: how fast the page responds to its user while the cluster is full. See apps/demo/README.md. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Cluster, startCluster } from '@pinwheel/cluster';
import type { Page } from 'playwright-core';
import { TestBrowser } from './browser.js';
import { type Figures, figuresOf, startMeasuring, stopMeasuring } from './delay.js';

const HELP = `usage: npm run bench:page -- [options]

Drives the page in Chromium with real input, ten times a second, and reports what its user waits for.

  --clients N     clients of the load tester in the cluster, in rooms of ten that send little (10000)
  --simulated N   clients simulated in the page, 0 to 200 (200)
  --seconds N     how long each row is measured (15)
  --nodes N       nodes of the cluster (2)
`;

const LOADTEST = join(dirname(createRequire(import.meta.url).resolve('@pinwheel/loadtest')), 'main.js');
/** Milliseconds between two inputs. */
const EVERY_MS = 100;
/** Milliseconds for the clients to connect. */
const ARRIVAL_MS = 120_000;

interface Plan {
  readonly clients: number;
  readonly simulated: number;
  readonly seconds: number;
  readonly nodes: number;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function held(cluster: Cluster): number {
  return cluster.nodeStatus().reduce((total, { sessions }) => {
    return total + (sessions?.polling ?? 0) + (sessions?.websocket ?? 0);
  }, 0);
}

/** Types, sends and clicks for a time; every tenth input sends something that is answered and drawn. */
async function use(page: Page, seconds: number): Promise<void> {
  const end = performance.now() + seconds * 1_000;
  for (let count = 0; performance.now() < end; count++) {
    const next = performance.now() + EVERY_MS;
    const box = count % 40 < 20 ? '#say-text' : '#message-text';
    if (count % 20 === 0) await page.click(box);
    else if (count % 20 === 19) await page.click(box === '#say-text' ? '#say-send' : '#message-form button');
    else if (count % 10 === 9) await page.keyboard.press('Enter');
    else await page.keyboard.press('x');
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
  }
}

async function measure(page: Page, seconds: number): Promise<Figures> {
  await startMeasuring(page);
  await use(page, seconds);
  return figuresOf(await stopMeasuring(page));
}

function startLoad(url: string, clients: number): ChildProcess {
  const args = ['--clients', String(clients), '--room-size', '10', '--rate', '0.05', '--transport', 'websocket'];
  const load = spawn(process.execPath, [LOADTEST, url, ...args, '--arrival', '250/s', '--duration', '10m'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  // The nodes and Redis exit with this process, and Playwright closes the browser.
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      load.kill('SIGKILL');
      process.exit(code);
    });
  }
  return load;
}

async function arrived(cluster: Cluster, clients: number, load: ChildProcess): Promise<void> {
  const end = performance.now() + ARRIVAL_MS;
  while (held(cluster) < clients) {
    if (load.exitCode !== null)
      throw new Error(`the load tester ended with ${load.exitCode} before its clients were there`);
    if (performance.now() > end)
      throw new Error(`after ${ARRIVAL_MS / 1_000} s ${held(cluster)} of ${clients} clients`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function bench({ clients, simulated, seconds, nodes }: Plan): Promise<void> {
  const cluster = await startCluster({ port: 0, nodePort: 0, nodes, controls: true });
  const browser = await TestBrowser.start({ viewport: { width: 1280, height: 800 } });
  let load: ChildProcess | undefined;
  const ms = (value: number): string => value.toFixed(1).padStart(8);
  const row = (figures: Figures): void => {
    const { inputs, delay, paint, longTasks, longest } = figures;
    const shown = [held(cluster), inputs, ...delay.map(ms), ...paint.map(ms), longTasks, ms(longest)];
    process.stdout.write(`| ${shown.map((text) => String(text).padStart(8)).join(' | ')} |\n`);
  };
  try {
    const page = await browser.open(`${cluster.url}/?room=bench`);
    await page.waitForSelector('#room[data-joined]');
    const heads = ['clients', 'inputs', 'delay p50', 'p95', 'max', 'paint p50', 'p95', 'max', 'long tasks', 'longest'];
    process.stdout.write(`| ${heads.join(' | ')} |\n|${' ---: |'.repeat(heads.length)}\n`);
    row(await measure(page, seconds));
    if (simulated > 0) {
      say(`${simulated} clients in the page ...`);
      await page.locator('#crowd').fill(String(simulated));
      await page.waitForSelector(`#crowd-shares[data-connected="${simulated}"]`);
      row(await measure(page, seconds));
    }
    if (clients > 0) {
      say(`${clients} clients in the cluster ...`);
      load = startLoad(cluster.url, clients);
      await arrived(cluster, clients, load);
      row(await measure(page, seconds));
      say(`the page: ${await page.textContent('#cluster-sum')}; ${await page.textContent('#crowd-figures')}`);
    }
    browser.forgiveLosses();
    await browser.closePages();
  } finally {
    if (load !== undefined && load.exitCode === null) {
      const gone = once(load, 'exit');
      load.kill('SIGKILL');
      await gone;
    }
    await browser.close();
    await cluster.stop(0);
  }
}

function readPlan(): Plan | undefined {
  const { values } = parseArgs({
    options: {
      clients: { type: 'string', default: '10000' },
      simulated: { type: 'string', default: '200' },
      seconds: { type: 'string', default: '15' },
      nodes: { type: 'string', default: '2' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const number = (name: 'clients' | 'simulated' | 'seconds' | 'nodes', least: number, most: number): number => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new TypeError(`--${name}: expected a whole number from ${least} to ${most}, got "${values[name]}"`);
  };
  return {
    clients: number('clients', 0, 50_000),
    simulated: number('simulated', 0, 200),
    seconds: number('seconds', 1, 600),
    nodes: number('nodes', 1, 64),
  };
}

let plan: Plan | undefined;
try {
  plan = readPlan();
  if (plan === undefined) process.stdout.write(HELP);
} catch (error) {
  say(`bench:page: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 2;
}
if (plan !== undefined) {
  await bench(plan).catch((error: unknown) => {
    say(`bench:page: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}
