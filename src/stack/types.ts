import type { SourceUrls } from './sources'

/** Told one line at a time what happens, for people. */
export type Report = (line: string) => void

export type ServerName = 'Temporal' | 'MongoDB'
export type SearchAttributeType = 'Keyword' | 'KeywordList' | 'Int'

export interface StackOptions {
  /** The servers' data is under `<dataDir>/temporal` and `<dataDir>/mongodb`. */
  dataDir: string
  /** Where programs are kept, per user. */
  cacheDir: string
  /** Given: used as it is, and no MongoDB is started. */
  mongodbUri?: string | undefined
  /** Given: used as it is, and no Temporal is started. */
  temporalAddress?: string | undefined
  temporalNamespace: string
  /** Registered with an embedded Temporal before it is handed out. */
  searchAttributes: Record<string, SearchAttributeType>
  /** Preferred ports (7233, 8233, 27017); when taken, others. 0: any. */
  temporalPort?: number
  temporalUiPort?: number
  mongodbPort?: number
  report: Report
  /** Overrides where programs come from, for tests and mirrors. */
  sources?: Partial<SourceUrls>
  onServerRestart?: (name: ServerName) => void
  /** Told when a server fails again and again and is no longer restarted. */
  onServerLost?: (name: ServerName, error: Error) => void
}

export interface Stack {
  mongodbUri: string
  temporalAddress: string
  temporalUiUrl?: string
  /** All ports that embedded servers listen on now, kept up to date: never allowed as webhook targets. */
  ports: number[]
  /** Of the embedded servers, kept up to date across restarts. */
  pids: { temporal?: number; mongodb?: number }
  /** Ends what was started, Temporal before MongoDB. */
  stop: () => Promise<void>
}
