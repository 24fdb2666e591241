import type { Payload } from '@temporalio/common'
import cors from 'cors'
import type { RequestHandler } from 'express'
import { z } from 'zod'
import { createPayloadCodec } from '../temporal/payload-codec'
import { Problem } from './problem'
import { route, type Route } from './route'
import { named } from './views'

export interface CodecDeps {
  /** What services seal the events with that they put into their own starts; none: there is nothing to open. */
  payloadKey?: Buffer
  /** Where people look at workflows. */
  temporalUiUrl?: string
}

const MAX_BYTES = 8 * 1024 * 1024

const payload = z.looseObject({
  metadata: z.record(z.string(), z.base64()).optional(),
  data: z.base64().optional(),
})
const payloads = z.strictObject({ payloads: z.array(payload).max(10_000) })
named.add(payloads, { id: 'Payloads' })

type Shown = z.output<typeof payload>

/** What Temporal's UI and command line ask of a codec server: https://docs.temporal.io/codec-server */
export function codecRoutes({ payloadKey, temporalUiUrl }: CodecDeps): Route[] {
  const codec = payloadKey && createPayloadCodec(payloadKey, { encode: true })
  const about = {
    method: 'post',
    scope: 'admin',
    tag: 'Temporal',
    body: payloads,
    maxBodyBytes: MAX_BYTES,
    trustedOrigin: originOf(temporalUiUrl),
  } as const

  function mustHaveKey(): NonNullable<typeof codec> {
    if (codec) return codec
    throw new Problem('not-found', 'Herald has no HERALD_PAYLOAD_KEY, with which services seal what they put into workflow starts: nothing can be opened.')
  }

  return [
    route({
      ...about,
      path: '/codec/decode',
      summary: "Open what services have sealed, for Temporal's UI",
      description: 'Payloads as Temporal has them in JSON. What is not sealed, or with another key, comes back as it is.',
      responses: { 200: { description: 'The payloads, in their order.', schema: payloads } },
      handle: async ({ body }) => {
        const opening = mustHaveKey()
        const open = async (shown: Shown): Promise<Shown> => opening.decode([read(shown)]).then(([plain]) => (plain ? { ...shown, ...show(plain) } : shown), () => shown)
        return { status: 200, body: { payloads: await Promise.all(body.payloads.map(open)) } }
      },
    }),
    route({
      ...about,
      path: '/codec/encode',
      summary: "Seal what is put in by way of Temporal's UI",
      responses: { 200: { description: 'The payloads, in their order.', schema: payloads } },
      handle: async ({ body }) => ({ status: 200, body: { payloads: (await mustHaveKey().encode(body.payloads.map(read))).map(show) } }),
    }),
  ]
}

/** The only site whose scripts may read what the codec answers, with the session of who sits before it. */
export const codecCors = ({ temporalUiUrl }: CodecDeps): RequestHandler =>
  cors({ origin: originOf(temporalUiUrl) ?? false, methods: ['POST'], allowedHeaders: ['authorization', 'content-type', 'x-namespace'], credentials: true, maxAge: 600 })

const originOf = (url: string | undefined): string | undefined => (url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined)

const read = ({ metadata, data }: Shown): Payload => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
  ...(data !== undefined && { data: Buffer.from(data, 'base64') }),
})

const show = ({ metadata, data }: Payload): Shown => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')])),
  ...(data && { data: Buffer.from(data).toString('base64') }),
})
