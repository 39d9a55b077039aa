/**
 * How protobufjs' generated code behaves. Imported before it, since it sets its fields' defaults
 * when it is loaded.
 */
import protobuf from 'protobufjs/minimal.js'

// Without Long, 64-bit integers are numbers.
protobuf.util.Long = undefined as never
protobuf.Reader.discardUnknown = true
protobuf.configure()
