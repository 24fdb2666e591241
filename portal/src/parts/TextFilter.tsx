import { CloseButton, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import { HALF } from './ChoiceFilter'

interface TextFilterProps {
  label: string
  value: string | undefined
  onChange: (value: string | undefined) => void
  width?: number
}

/** Counts when it is left or entered: half an ID finds nothing. */
export function TextFilter({ label, value = '', onChange, width = 170 }: TextFilterProps) {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  const settle = (next: string): void => {
    const wanted = next.trim()
    if (wanted !== value) onChange(wanted === '' ? undefined : wanted)
  }
  return (
    <TextInput
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={({ currentTarget }) => setText(currentTarget.value)}
      onBlur={() => settle(text)}
      onKeyDown={({ key }) => {
        if (key === 'Enter') settle(text)
      }}
      rightSection={text === '' ? null : <CloseButton size="sm" aria-label={`Clear ${label}`} onClick={() => { setText(''); settle('') }} />}
      w={{ base: HALF, md: width }}
    />
  )
}
