import { Alert, Stack } from '@mantine/core'
import { IconKey } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Code } from './Code'

/** A secret that the API tells this one time. */
export const ShownOnce = ({ text, label, children }: { text: string; label: string; children: ReactNode }) => (
  <Stack>
    <Alert variant="light" color="yellow" icon={<IconKey />} title="Shown this once">
      {children}
    </Alert>
    <Code text={text} label={label} />
  </Stack>
)
