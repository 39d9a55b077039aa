/** docs/protocols/sealing.md says what the code does. */
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import {
  ContentSchema,
  SealedContentSchema,
  SenderCertificateSchema,
  SenderClaimsSchema,
} from '@isthmus/proto/gen/isthmus/v1/content_pb'
import { BUCKETS } from './padding.ts'
import type { Vector } from './testing/vectors.ts'

const page = readFileSync(new URL('../../../docs/protocols/sealing.md', import.meta.url), 'utf8')
const { vectors } = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8')) as {
  readonly vectors: readonly Vector[]
}

test('the page shows every value of the first vector', () => {
  const packed = page.replace(/\s/g, '')
  const [first] = vectors
  const missing = Object.entries(first?.steps ?? {}).filter(([, hex]) => !packed.includes(hex))
  expect(missing.map(([step]) => step)).toEqual([])
  const inputs = Object.entries(first?.inputs ?? {}).filter(([name]) => !/Secret|Seed/.test(name))
  expect(inputs.filter(([, value]) => !page.includes(value))).toEqual([])
})

test.each([SealedContentSchema, SenderCertificateSchema, SenderClaimsSchema, ContentSchema])(
  'the page has the fields of $name with their numbers',
  ({ fields }) => {
    for (const { name, number } of fields) {
      expect(page).toMatch(new RegExp(`\\n\\| ${number} +\\| [A-Za-z0-9]+ +\\| \`${name}\` +\\|`))
    }
  },
)

test('the page has the fields of each kind of content with their numbers', () => {
  for (const { name, message } of ContentSchema.fields) {
    const row = new RegExp(`\\| \`${name}\` .*`).exec(page)?.[0] ?? ''
    for (const field of message?.fields ?? []) {
      expect(row).toContain(`${field.number} \`${field.name}\``)
    }
  }
})

test('the page names the sizes', () => {
  const sizes = BUCKETS.map((size) => size.toLocaleString('en'))
  expect(page).toContain(`${sizes.slice(0, -1).join(', ')} or ${sizes.at(-1)} bytes`)
})
