// The product's own command, in a process that ends with the benchmark.
import '../../src/bin/herald'

process.on('disconnect', () => process.exit(1))
// Herald ends when it has stopped; the channel must not keep it.
process.channel?.unref()
