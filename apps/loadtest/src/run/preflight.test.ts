import { expect, it } from 'vitest';
import { readOptions } from '../options/read-options.js';
import type { Options } from '../options/options.js';
import { preflight, readLimits } from './preflight.js';

function options(line: string): Options {
  const command = readOptions(`http://127.0.0.1:3102 ${line}`.split(' '));
  if (command.kind !== 'run') throw new Error(`the command is ${command.kind}`);
  return command.options;
}

const roomy = { files: 100_000, ports: 28_232 };

it('a few clients are within the limits of this machine', () => {
  expect(preflight(options('--clients 20'), readLimits())).toEqual([]);
});

it('too few open files are reported with the command that raises the limit', () => {
  const found = preflight(options('--clients 5000 --workers 2'), { ...roomy, files: 1_024 });
  expect(found).toEqual([
    'open files: a worker needs 2564, the limit is 1024; raise it: ulimit -Hn 2564 && ulimit -n 2564 (as root), or more --workers',
  ]);
});

it('too few local ports are reported with the command that raises the limit and addresses that help', () => {
  const [found] = preflight(options('--clients 40000'), roomy);
  expect(found).toContain('local ports: 40000 connections need one each, 28232 are allowed');
  expect(found).toContain('sudo sysctl -w net.ipv4.ip_local_port_range="1024 65535"');
  expect(found).toContain('--local-address 127.0.0.2,127.0.0.3');
  expect(preflight(options('--clients 40000 --local-address 127.0.0.2,127.0.0.3'), roomy)).toEqual([]);
});

it('a system that reports no limits allows any number of clients', () => {
  expect(preflight(options('--clients 900000'), { files: undefined, ports: undefined })).toEqual([]);
});
