import { Select, type ComboboxItem } from '@mantine/core'
import { Outside } from './visible'

interface ChoiceFilterProps<Value extends string> {
  label: string
  choices: readonly (Value | (ComboboxItem & { value: Value }))[]
  value: Value | undefined
  onChange: (value: Value | undefined) => void
  /** Of a list that may be long. */
  searchable?: boolean
  width?: number
}

/** Narrows a list to one of some; none is any. */
export const ChoiceFilter = <Value extends string>({ label, choices, value, onChange, searchable = false, width = 170 }: ChoiceFilterProps<Value>) => (
  <Select
    aria-label={label}
    placeholder={`Any ${label.toLowerCase()}`}
    clearable
    searchable={searchable}
    data={[...choices]}
    renderOption={({ option }) => <Outside text={option.label} lines="clamped" />}
    value={value ?? null}
    onChange={(chosen) => onChange(chosen ?? undefined)}
    w={{ base: '100%', xs: width }}
  />
)
