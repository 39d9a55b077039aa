/** fast-check arbitraries for every message of the contract, made from its descriptors. */
import {
  create,
  ScalarType,
  type DescField,
  type DescMessage,
  type DescOneof,
  type Message,
} from '@bufbuild/protobuf'
import fc from 'fast-check'

type Init = Record<string, unknown>

/** Lengths at which the length prefix grows by a byte are the interesting ones. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .constantFrom(0, 1, 127, 128, 129, 16_383, 16_384)
    .map((length) => new Uint8Array(length).fill(7)),
)

/** Any text, but for a U+FEFF in front, which protobuf-es loses: see bad-bytes.test.ts. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }).filter((any) => !any.startsWith('\u{feff}')),
  fc.constantFrom('', '__proto__', 'constructor', '\0', '\u{10ffff}', 'x'.repeat(128)),
)

const scalar = (type: ScalarType): fc.Arbitrary<unknown> => {
  switch (type) {
    case ScalarType.STRING:
      return text
    case ScalarType.BYTES:
      return bytes
    case ScalarType.BOOL:
      return fc.boolean()
    case ScalarType.UINT32:
      return fc.oneof(fc.nat(300), fc.integer({ min: 0, max: 0xffff_ffff }))
    case ScalarType.UINT64:
      // Every 64-bit integer of the contract is a time or a sequence, exact in a number.
      return fc.oneof(
        fc.bigInt({ min: 0n, max: 300n }),
        fc.bigInt({ min: 0n, max: BigInt(Number.MAX_SAFE_INTEGER) }),
        fc.constantFrom(2n ** 28n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n),
      )
    default:
      throw new Error(`no arbitrary for scalar type ${ScalarType[type]} yet: add it here`)
  }
}

const item = (field: DescField): fc.Arbitrary<unknown> => {
  if (field.message !== undefined) return initOf(field.message)
  if (field.enum !== undefined) {
    // proto3 enums are open: a value of a later version must pass through.
    const known = fc.constantFrom(...field.enum.values.map((value) => value.number))
    return fc.oneof(known, fc.integer())
  }
  if (field.fieldKind === 'map') throw new Error('the contract has no maps')
  return scalar(field.scalar)
}

const member = (member: DescField | DescOneof): fc.Arbitrary<unknown> => {
  if (member.kind === 'oneof') {
    const cases = member.fields.map((field) =>
      fc.record({ case: fc.constant(field.localName), value: item(field) }),
    )
    return fc.oneof(fc.constant({ case: undefined }), ...cases)
  }
  if (member.fieldKind === 'list') return fc.array(item(member), { maxLength: 5 })
  return member.fieldKind === 'message' ? fc.option(item(member), { nil: undefined }) : item(member)
}

const initOf = (type: DescMessage): fc.Arbitrary<Init> =>
  fc.record(Object.fromEntries(type.members.map((each) => [each.localName, member(each)])))

/** Any message of this type, as protobuf-es has it. */
export const anyMessage = (type: DescMessage): fc.Arbitrary<Message> =>
  initOf(type).map((init) => create(type, init))
