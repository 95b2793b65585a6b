// @ts-check
/**
 * Packets made from fields: builders for headers and payloads, and random frames for tests. Pure functions, bytes
 * out; nothing here knows of files or of Node.
 */

export * from './headers.mjs';
export * from './payloads.mjs';
export { randomLinkPacket } from './random-links.mjs';
export { randomPacket } from './random-packets.mjs';
export { randomTunnel } from './random-tunnels.mjs';
export { rng } from './rng.mjs';

/** @typedef {import('./rng.mjs').Random} Random */
