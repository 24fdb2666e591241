export const SETTING_SOURCES = ['environment', 'file', 'started', 'default'] as const

/** A setting as an administrator may see it. */
export interface Setting {
  name: string
  about: string
  /** Where it comes from; `started`: from the servers that this Herald has started itself. */
  source: (typeof SETTING_SOURCES)[number]
  isSet: boolean
  /** Its value is told to nobody. */
  isSecret: boolean
  /** What holds; of an address without its credentials. None of a secret, or where nothing is set. */
  value?: string
  /** From which it was read. */
  file?: string
}
