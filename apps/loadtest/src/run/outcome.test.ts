import { describe, expect, it } from 'vitest';
import { sampleStage, type Sample } from '../report/sample.js';
import { concludeRun, kneeOf, outcomeOfStage } from './outcome.js';

const of = (sample: Sample): [number, string | undefined] => {
  const { exitCode, reasons } = outcomeOfStage(sampleStage(sample));
  return [exitCode, reasons[0]];
};

describe('a stage', () => {
  it('passes without assertions, however many deliveries are missing', () => {
    expect(of({ missing: 3 })).toEqual([0, undefined]);
  });

  it('reports a failed assertion with the measured value', () => {
    expect(of({ missing: 3, assertions: ['missing==0'] })).toEqual([99, 'missing==0: got 3']);
    expect(of({ latency: 300, assertions: ['latency.p99<250'] })[1]).toMatch(/^latency\.p99<250: got 300/);
    expect(of({ assertions: ['reconnect.p99<5'] })).toEqual([99, 'reconnect.p99<5: got nothing']);
  });

  it('is invalid when the generator was late or busy, before any assertion', () => {
    expect(of({ lagMs: 11, missing: 1, assertions: ['missing==0'] })).toEqual([
      3,
      'worker 1 of 1 sent late: schedule lag p99 11.0 ms, more than 10 ms',
    ]);
    expect(of({ cpuPercent: 86 })).toEqual([3, 'worker 1 of 1 was busy: CPU 86 %, more than 85 %']);
    expect(of({ lagMs: 9.9, cpuPercent: 85 })[0]).toBe(0);
  });

  it('fails when no client could connect, or none was left', () => {
    expect(of({ everOnline: 0, online: 0 })).toEqual([1, 'none of 10 clients could connect: websocket: 502 (3)']);
    expect(of({ online: 0 })).toEqual([1, 'the server was gone: none of 10 clients was online at the end']);
  });
});

describe('a ramp', () => {
  const assertions = ['missing==0'];
  const steps = (...samples: Sample[]) => samples.map((sample) => sampleStage({ assertions, ...sample }));
  const ramp = { from: 10, by: 10, to: 30 };
  const conclude = (stages: ReturnType<typeof steps>) =>
    concludeRun({ stages, ramp, actions: [], lostWorkers: 0 }).exitCode;

  it('has its knee at the last step that passed', () => {
    const stages = steps({ clients: 10 }, { clients: 20 }, { clients: 30, missing: 1 });
    expect(kneeOf(stages)).toEqual({ clients: 20, stoppedBy: 'missing==0: got 1' });
    expect(conclude(stages)).toBe(0);
  });

  it('without a failed step has its knee at the end', () => {
    const stages = steps({ clients: 10 }, { clients: 20 });
    expect(kneeOf(stages)).toEqual({ clients: 20 });
    expect(conclude(stages)).toBe(0);
  });

  it('fails when no step passes', () => {
    const stages = steps({ clients: 10, missing: 1 });
    expect(kneeOf(stages).clients).toBe(0);
    expect(conclude(stages)).toBe(99);
  });

  it('is invalid when the generator stopped it: the knee is unknown', () => {
    expect(conclude(steps({ clients: 10 }, { clients: 20, lagMs: 50 }))).toBe(3);
  });
});

it('a refused action or a lost worker fails the run', () => {
  const stages = [sampleStage()];
  const action = { verb: 'kill', node: 'Server9', atMs: 0, askedMs: 0, error: '404 no such node' } as const;
  expect(concludeRun({ stages, ramp: undefined, actions: [action], lostWorkers: 0 })).toEqual({
    state: 'failed',
    exitCode: 1,
    reasons: ['kill Server9: 404 no such node'],
  });
  expect(concludeRun({ stages, ramp: undefined, actions: [], lostWorkers: 1 }).exitCode).toBe(1);
});
