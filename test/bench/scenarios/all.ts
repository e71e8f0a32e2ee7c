import { connectRecipe } from './connect-recipe.js';
import { connectSio } from './connect-sio.js';
import { connectWs } from './connect-ws.js';
import { fanOut } from './fan-out.js';
import { idle } from './idle.js';
import { insides } from './insides.js';
import { policy } from './policy.js';
import { polling } from './polling.js';
import type { Scenario } from './scenario.js';
import { wsEcho } from './ws-echo.js';

/** The scenarios of a usual run, in order. */
export const SCENARIOS: readonly Scenario[] = [wsEcho, polling, connectWs, connectSio, idle, fanOut, policy];

/**
 * These scenarios run only on request: the recipe waits long for clients that never connect, and `insides` compares
 * Pinwheel with itself.
 */
export const ON_REQUEST: readonly Scenario[] = [connectRecipe, insides];
