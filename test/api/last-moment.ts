interface Written {
  findOneAndUpdate: (...args: never[]) => unknown
}

/** Makes `change` between the next look at a record and the write upon it. Answers whether there was such a write. */
export function inTheLastMoment(model: Written, change: () => Promise<unknown>): { mustHaveBeen: () => void } {
  const write = model.findOneAndUpdate.bind(model) as (...args: unknown[]) => { lean: () => Promise<unknown> }
  const late = (...args: unknown[]) => ({ lean: async () => change().then(() => write(...args).lean()) })
  const spy = jest.spyOn(model, 'findOneAndUpdate').mockImplementationOnce(late)
  return {
    mustHaveBeen: () => {
      expect(spy).toHaveBeenCalled()
      spy.mockRestore()
    },
  }
}
