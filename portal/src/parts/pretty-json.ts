/**
 * JSON with lines and indents, token by token: numbers and strings stay as they were written, also
 * those that JavaScript would round. What is no JSON comes back as it is.
 */
export function prettyJson(source: string): string {
  if (!/^\s*[[{]/.test(source) || !isJson(source)) return source
  let depth = 0
  let text = ''
  const line = (): string => `\n${'  '.repeat(depth)}`
  for (const [token] of source.matchAll(TOKEN)) {
    if (/^[[{]\s*[\]}]$/.test(token)) text += token.replace(/\s/g, '')
    else if (token === '{' || token === '[') {
      depth += 1
      text += token + line()
    } else if (token === '}' || token === ']') {
      depth -= 1
      text += line() + token
    } else if (token === ',') text += `,${line()}`
    else if (token === ':') text += ': '
    else text += token
  }
  return text
}

const TOKEN = /"(?:[^"\\]|\\.)*"|\{\s*\}|\[\s*\]|[{}[\],:]|[^\s{}[\],:"]+/g

function isJson(source: string): boolean {
  try {
    JSON.parse(source)
    return true
  } catch {
    return false
  }
}
