interface Enveloped {
  id: string
  type: string
  typeId: number
  createdAt: string
  sequence?: number
  /** As it was published, byte for byte. */
  data: string
}

/** The body of every POST of the event, as Herald writes it. */
export function envelopeOf({ id, type, typeId, createdAt, sequence, data }: Enveloped): string {
  const head = JSON.stringify({ id, type, typeId, createdAt, sequence })
  return `${head.slice(0, -1)},"data":${data}}`
}
