/** The paths that steer the emulator begin with this; no bucket can have that name. */
export const CONTROL_PREFIX = '/_emulator/';
