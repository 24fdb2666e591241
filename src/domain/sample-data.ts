/** What stands for the `data` of a type where there is none: an event that is sent only to try an endpoint. */
export function sampleData(typeId: number): Record<string, unknown> & { id: string } {
  return SAMPLES.get(typeId) ?? { id: 'test-1' }
}

const account = {
  id: 'test-account-1',
  accountType: 'Savings',
  customerId: 'test-customer-1',
  accountNumber: '0000000001',
  currency: 'EUR',
  balance: '1.10',
}
const customer = { id: 'test-customer-1', customerType: 'Individual', name: 'Test Customer', email: 'test@example.com' }
const transaction = {
  id: 'test-transaction-1',
  accountId: account.id,
  amount: '1.10',
  currency: 'EUR',
  direction: 'credit',
  reference: 'Test',
}

const SAMPLES = new Map<number, Record<string, unknown> & { id: string }>([
  [1, account],
  [2, account],
  [3, customer],
  [4, customer],
  [5, transaction],
  [6, { ...transaction, id: 'test-transaction-2', originalTransactionId: transaction.id }],
])
