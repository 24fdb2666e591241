import { randomUUID } from 'node:crypto'
import type { ErrorRequestHandler, RequestHandler } from 'express'
import type { Logger } from 'pino'
import { isStoreAway } from '../store/errors'
import { Problem } from './problem'
import { sendProblem } from './serve'

/** What no route has taken. */
export const refusePath: RequestHandler = (req) => {
  throw new Problem('not-found', `There is nothing at ${req.path}; /docs lists what there is.`)
}

/** The one place where errors become answers. Callers never see a message that was not written for them. */
export function createFailureHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    // Too late for another answer: what has come is cut off.
    if (res.headersSent) {
      logger.warn({ err: error, method: req.method, path: req.path }, 'an answer broke off')
      res.destroy()
      return
    }
    const problem = toProblem(error)
    if (problem) {
      sendProblem(res, problem.body, problem.headers)
      return
    }
    const errorId = randomUUID()
    logger.error({ err: error, errorId, method: req.method, path: req.path }, 'a request failed')
    const detail = `This should not have happened. Try again, and give the operator the error id ${errorId} when it stays.`
    const { body } = new Problem('internal', detail, { members: { errorId } })
    sendProblem(res, body)
  }
}

function toProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error
  if (isStoreAway(error)) {
    const detail = 'MongoDB does not answer. Nothing was lost that was answered before; try again in a second.'
    return new Problem('store-away', detail, { headers: { 'Retry-After': '1' } })
  }
  return ofExpress(error)
}

/** What Express and its body reader refuse by themselves. */
function ofExpress(error: unknown): Problem | undefined {
  const { type, status, limit }: { type?: string; status?: number; limit?: number } = Object(error)
  if (type === 'entity.too.large') {
    return new Problem('too-large', `The body may have ${(limit ?? 0) / 1024} KiB; send less at once.`)
  }
  if (type === 'encoding.unsupported') {
    return new Problem('unsupported-media-type', 'Send the body as it is, without Content-Encoding.')
  }
  if (type === 'request.aborted' || type === 'request.size.invalid') {
    return new Problem('invalid-request', 'The body did not arrive whole; send it again.')
  }
  // A path such as `/v1/events/%zz`.
  if (error instanceof URIError || status === 400) {
    return new Problem('invalid-request', 'The path cannot be read: percent-encode what is not a letter or a digit.')
  }
  return undefined
}
