import type { Column } from './scenario.js';

/** The columns of scenarios that count units: rates, times, CPU time per unit. */
export function loadColumns(unit: string): Column[] {
  return [
    { title: `${unit}/s`, figure: 'rate', digits: 0 },
    { title: 'p50 ms', figure: 'p50', digits: 2 },
    { title: 'p99 ms', figure: 'p99', digits: 2 },
    { title: `proxy us/${unit}`, figure: 'proxyCpu', digits: 1 },
    { title: `backend us/${unit}`, figure: 'backendCpu', digits: 1 },
    { title: `load us/${unit}`, figure: 'loadCpu', digits: 1 },
    { title: 'rate/direct', figure: 'rate', ratioTo: 'direct', digits: 2 },
    { title: 'rate/nginx', figure: 'rate', ratioTo: 'nginx', digits: 2 },
    { title: 'CPU/nginx', figure: 'proxyCpu', ratioTo: 'nginx', digits: 2 },
  ];
}

/** The same columns with the 99th percentile of the times. */
export function connectColumns(): Column[] {
  return [
    ...loadColumns('connect'),
    { title: 'p99/direct', figure: 'p99', ratioTo: 'direct', digits: 2 },
    { title: 'p99/nginx', figure: 'p99', ratioTo: 'nginx', digits: 2 },
  ];
}
