import type { Socket } from 'node:net'

/** An answer is longer, on the wire, than anything that Herald could want of it. */
export class AnswerTooLongError extends Error {
  override readonly name = 'AnswerTooLongError'
}

/** Most answers are one piece. */
const PIECE_BYTES = 1_024
/** Room for a full head, and for a full body in the smallest of chunks. */
const ANSWER_MAX_BYTES = 262_144

/**
 * Keeps what one answer can cost small, however hostile. undici parses all that has arrived at once,
 * and each header beyond the limit costs it an error with a stack: 64 KiB of tiny headers took 0.3 s of
 * CPU. In small pieces it stops at the first one over. The bound per answer ends what no other limit
 * sees: 1XX without end, or chunk extensions.
 */
export function boundReads(socket: Socket): void {
  const read = socket.read.bind(socket)
  let written = 0
  let received = 0
  socket.read = (): Buffer | null => {
    if (socket.destroyed) return null
    // Whatever arrives after more was sent belongs to another answer.
    if (socket.bytesWritten !== written) {
      written = socket.bytesWritten
      received = 0
    }
    const piece: Buffer | null = read(Math.min(socket.readableLength, PIECE_BYTES) || undefined)
    received += piece?.length ?? 0
    if (received <= ANSWER_MAX_BYTES) return piece
    socket.destroy(new AnswerTooLongError(`The answer is longer than ${ANSWER_MAX_BYTES} bytes on the wire`))
    return null
  }
}
