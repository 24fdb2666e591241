/** Milliseconds of a clock that never jumps and is the same in all processes of a machine. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6
