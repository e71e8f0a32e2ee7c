import { availableParallelism } from 'node:os';
import { countRooms } from '../load/rooms.js';
import type { Options } from './options.js';

/** The load of one worker before another one is started: well below where it becomes the bottleneck (README, Measured). */
const CLIENTS_OF_ONE = 5_000;
const MESSAGES_OF_ONE = 10_000;

/**
 * The number of workers without `--workers`: one, which runs in the program itself and takes the least memory, or as
 * many as the load needs, up to one per CPU.
 *
 * @param cpus how many CPUs the machine has
 */
export function usualWorkers(
  { clients, rate, roomSize, rooms }: Pick<Options, 'clients' | 'rate' | 'rooms' | 'roomSize'>,
  cpus = availableParallelism(),
): number {
  // Every message is sent once and received by everyone in its room.
  const messages = rate * (countRooms(clients, rooms, roomSize) + clients);
  return Math.max(1, Math.min(cpus, Math.ceil(Math.max(clients / CLIENTS_OF_ONE, messages / MESSAGES_OF_ONE))));
}
