import { useQuery } from '@tanstack/react-query'
import { pendingApprovalsQuery } from '../api/queries'

/** How many changes wait for who is signed in. */
export function useWaitingForMe(): number {
  const { data } = useQuery({ ...pendingApprovalsQuery(), refetchInterval: 30_000 })
  return data?.data.filter(({ mayApprove }) => mayApprove).length ?? 0
}
