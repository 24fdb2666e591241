import { z } from 'zod'

/** An occurrence that a tenant's systems report; `id` is the Event ID that people see. */
export interface EventType {
  id: number
  name: string
  description: string
}

/** Operators register their own types from this Event ID up. */
export const FIRST_CUSTOM_EVENT_TYPE_ID = 100

export const BUILT_IN_EVENT_TYPES: readonly EventType[] = [
  { id: 1, name: 'CREATE ACCOUNT', description: 'A savings or current account was created.' },
  { id: 2, name: 'UPDATE ACCOUNT', description: 'A savings or current account was changed.' },
  { id: 3, name: 'CREATE CUSTOMER', description: 'An individual, group or organisation became a customer.' },
  { id: 4, name: 'UPDATE CUSTOMER', description: 'The particulars of a customer were changed.' },
  { id: 5, name: 'TRANSACTION SUCCESSFUL', description: 'A transaction was carried out.' },
  { id: 6, name: 'TRANSACTION REVERSED', description: 'A transaction was taken back.' },
]

const currencies = new Set(Intl.supportedValuesOf('currency'))

const entityId = z
  .string({ error: 'must be the ID of the entity, a string' })
  .min(1, 'must not be empty')
  .max(256, 'must have at most 256 characters')
const text = z.string().max(1_024, 'must have at most 1,024 characters')
const currency = z
  .string()
  .refine((code) => currencies.has(code), 'must be an ISO 4217 code such as "EUR"')
const decimal = z
  .string({ error: 'must be a decimal number in a string, such as "1.10"' })
  .regex(/^-?\d{1,30}(\.\d{1,18})?$/, 'must be a decimal number in a string, such as "1.10"')

const account = z.looseObject({
  id: entityId,
  accountType: z.enum(['Savings', 'Current']),
  customerId: entityId.optional(),
  accountNumber: text.optional(),
  currency: currency.optional(),
  balance: decimal.optional(),
})

const customer = z.looseObject({
  id: entityId,
  customerType: z.enum(['Individual', 'Group', 'Organisation']),
  name: text.optional(),
  email: z.email('must be an e-mail address').optional(),
  phone: text.optional(),
})

const transaction = z.looseObject({
  id: entityId,
  accountId: entityId.optional(),
  amount: decimal.optional(),
  currency: currency.optional(),
  direction: z.enum(['credit', 'debit']).optional(),
  reference: text.optional(),
})

/** What `data` must hold, by Event ID; further fields are kept as they are. */
export const BUILT_IN_DATA: ReadonlyMap<number, z.ZodType<{ id: string }>> = new Map<
  number,
  z.ZodType<{ id: string }>
>([
  [1, account],
  [2, account],
  [3, customer],
  [4, customer],
  [5, transaction],
  [6, transaction.extend({ originalTransactionId: entityId.optional() })],
])

/** A registered type asks only for the entity's ID, and for what its own JSON Schema says. */
export const CUSTOM_DATA = z.looseObject({ id: entityId })
