import type { ReactNode } from 'react'
import { LoadingPage, Problem } from './states'

interface LoadedProps<T> {
  query: { data: T | undefined; error: unknown; refetch: () => unknown }
  children: (data: T) => ReactNode
}

/** One thing of the API: being read, refused, or there. What is there stays when it cannot be read afresh. */
export function Loaded<T>({ query: { data, error, refetch }, children }: LoadedProps<T>) {
  if (data === undefined) return error === null ? <LoadingPage /> : <Problem error={error} retry={() => void refetch()} />
  return (
    <>
      {error !== null && <Problem error={error} />}
      {children(data)}
    </>
  )
}
