const account = { id: 'acc-4711', accountType: 'Savings', customerId: 'cus-4711', currency: 'EUR', balance: '1.10' }
const customer = { id: 'cus-4711', customerType: 'Individual', name: 'Test Customer', email: 'test@example.com' }
const transaction = { id: 'txn-4711', accountId: 'acc-4711', amount: '250.00', currency: 'EUR', direction: 'credit', reference: 'Test' }

const EXAMPLES: Record<string, object> = {
  'CREATE ACCOUNT': account,
  'UPDATE ACCOUNT': account,
  'CREATE CUSTOMER': customer,
  'UPDATE CUSTOMER': customer,
  'TRANSACTION SUCCESSFUL': transaction,
  'TRANSACTION REVERSED': { ...transaction, id: 'txn-4712', originalTransactionId: 'txn-4711' },
}

export const exampleData = (type: string): string => JSON.stringify(EXAMPLES[type] ?? { id: 'test-1' }, null, 2)
