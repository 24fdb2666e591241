import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'

/** Does something, says that it is done, and reads everything afresh. Its error is for the page to show. */
export function useAction<T, V = void>(act: (input: V) => Promise<T>, done?: (result: T) => string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: act,
    onSuccess: async (result) => {
      if (done) notifications.show({ message: done(result), color: 'green' })
      await queries.invalidateQueries()
    },
  })
}
