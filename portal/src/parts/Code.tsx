import { ActionIcon, Button, CopyButton, Tooltip } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { Outside } from './visible'

export function Code({ text, label }: { text: string; label: string }) {
  return (
    <div style={{ position: 'relative' }}>
      {/* Scrolled by keyboard too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="code" tabIndex={0} role="region" aria-label={label} style={{ paddingRight: 44 }}>
        {text === '' ? '(empty)' : <Outside text={text} />}
      </pre>
      <div style={{ position: 'absolute', top: 6, right: 6 }}>
        <CopyIcon text={text} what={label} />
      </div>
    </div>
  )
}

export function CopyIcon({ text, what }: { text: string; what: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? 'Copied' : `Copy ${what}`}>
          <ActionIcon className="above" variant="subtle" color={copied ? 'green' : 'gray'} aria-label={copied ? 'Copied' : `Copy ${what}`} onClick={copy}>
            {copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  )
}

export function CopyTextButton({ text, children }: { text: string; children: string }) {
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button variant="default" onClick={copy} leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />}>
          {copied ? 'Copied' : children}
        </Button>
      )}
    </CopyButton>
  )
}
