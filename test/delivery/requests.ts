import type { PostRequest } from '../../src/delivery/post'
import { generateSecret } from '../../src/delivery/sign'

/** A POST as Herald would make it, to `url`, with what a test cares about changed. */
export function aPost(url: string, changes: Partial<PostRequest> = {}): PostRequest {
  return {
    url,
    body: '{"id":"evt_1","type":"CREATE ACCOUNT","typeId":1,"data":{"id":"acc_1"}}',
    deliveryEventId: 'evt_1',
    attempt: 1,
    timeoutMs: 5_000,
    secrets: [generateSecret()],
    ...changes,
  }
}
