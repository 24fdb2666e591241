import { randomBytes } from 'node:crypto'

export interface SampleEvent {
  type: string
  data: { id: string; [field: string]: unknown }
}

/** A day in the life of one customer: all six types, about the same account. */
export function sampleEvents(): SampleEvent[] {
  const run = randomBytes(3).toString('hex')
  const [customer, account, transaction] = [`cus-${run}`, `acc-${run}`, `txn-${run}`]
  const person = { id: customer, customerType: 'Individual', name: 'Amina Wanjiru', phone: '+254700000123' }
  const savings = { id: account, accountType: 'Savings', customerId: customer, accountNumber: '0110457821', currency: 'KES' }
  return [
    { type: 'CREATE CUSTOMER', data: { ...person, email: 'amina@example.com' } },
    { type: 'CREATE ACCOUNT', data: { ...savings, balance: '0.00' } },
    { type: 'UPDATE CUSTOMER', data: { ...person, email: 'a.wanjiru@example.com' } },
    { type: 'TRANSACTION SUCCESSFUL', data: payment(transaction, account, 'credit', 'SALARY NOVEMBER') },
    { type: 'UPDATE ACCOUNT', data: { ...savings, balance: '25000.00' } },
    {
      type: 'TRANSACTION REVERSED',
      data: { ...payment(`${transaction}-r`, account, 'debit', 'SENT TWICE'), originalTransactionId: transaction },
    },
  ]
}

export function rentPayment(): SampleEvent {
  const run = randomBytes(3).toString('hex')
  return { type: 'TRANSACTION SUCCESSFUL', data: payment(`txn-${run}`, `acc-${run}`, 'debit', 'RENT DECEMBER') }
}

const payment = (id: string, accountId: string, direction: string, reference: string) => ({
  id,
  accountId,
  amount: '25000.00',
  currency: 'KES',
  direction,
  reference,
})
