import { SimpleGrid, Stack, Text } from '@mantine/core'
import type { Attempt } from '../api/client'
import { Code } from '../parts/Code'
import { Masked } from '../parts/Masked'
import { prettyJson } from '../parts/pretty-json'

interface ExchangeProps {
  request: Attempt['request']
  response: Attempt['response']
  /** The bytes that were sent, where they are known. */
  body?: string | undefined
  /** One below the other, where there is little room. */
  stacked?: boolean
}

/** What was said both ways, as text and nothing else. Credentials come masked from the server. */
export function Exchange({ request, response, body, stacked = false }: ExchangeProps) {
  return (
    <SimpleGrid cols={{ base: 1, lg: stacked ? 1 : 2 }}>
      <Stack gap="xs" miw={0}>
        <Text size="sm" fw={600}>
          Request
        </Text>
        {request ? <Code label="Request headers" text={[`POST ${request.url}`, ...lines(request.headers)].join('\n')} /> : <Text size="sm">It was begun, but what was sent is not on record.</Text>}
        {body !== undefined && <Code label="Request body" text={prettyJson(body)} />}
      </Stack>
      <Stack gap="xs" miw={0}>
        <Text size="sm" fw={600}>
          Answer
        </Text>
        {response ? (
          <>
            {response.masked ? (
              <>
                <Masked label="Answer headers, masked" text={[String(response.status), ...lines(response.headers)].join('\n')} />
                <Masked label="Answer body, masked" text={prettyJson(response.body)} />
              </>
            ) : (
              <>
                <Code label="Answer headers" text={[String(response.status), ...lines(response.headers)].join('\n')} />
                <Code label="Answer body" text={response.body} />
              </>
            )}
            {response.truncated && <Text size="xs">There was more than the 16 KiB that are kept.</Text>}
          </>
        ) : (
          <Text size="sm">There was none.</Text>
        )}
      </Stack>
    </SimpleGrid>
  )
}

const lines = (headers: Record<string, string>): string[] => Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
