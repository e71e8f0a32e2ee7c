import { availableParallelism } from 'node:os';
import { countRooms } from '../rooms.js';
import type { Options } from './options.js';

/** What one worker is given before there is another: well below where it becomes the bottleneck (README, Measured). */
const CLIENTS_OF_ONE = 5_000;
const MESSAGES_OF_ONE = 10_000;

/**
 * How many workers a run gets when nobody says it: one, which is the program itself and takes the least, or as many
 * as the load wants, up to one per CPU.
 *
 * @param cpus how many there are
 */
export function usualWorkers(
  { clients, rate, roomSize, rooms }: Pick<Options, 'clients' | 'rate' | 'rooms' | 'roomSize'>,
  cpus = availableParallelism(),
): number {
  // Every message is sent once and received by everyone in its room.
  const messages = rate * (countRooms(clients, rooms, roomSize) + clients);
  return Math.max(1, Math.min(cpus, Math.ceil(Math.max(clients / CLIENTS_OF_ONE, messages / MESSAGES_OF_ONE))));
}
