// Lets a child process require the sources as they are: node --require ./test/stack/typescript.cjs file.ts
const { transformFileSync } = require('@swc/core')

require.extensions['.ts'] = (module, file) => {
  const { code } = transformFileSync(file, { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } })
  // oxlint-disable-next-line no-underscore-dangle -- Node's name for it
  module._compile(code, file)
}
