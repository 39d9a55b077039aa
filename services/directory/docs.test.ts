/** docs/directory-api.md says what the code does: endpoints, problems, limits, bytes, examples. */
import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { webhookSignature } from './code-sender.ts'
import { directoryConfig, readDirectoryConfig } from './config.ts'
import { createIssuer, deviceBytes } from './crypto/certificates.ts'
import { Problem, PROBLEM_CODES, problemBody } from './problems.ts'
import { request } from './testing/client.ts'
import { startHarness, type Harness } from './testing/harness.ts'

const page = readFileSync(new URL('../../docs/directory-api.md', import.meta.url), 'utf8')

interface Schema {
  readonly $ref?: string
  readonly properties?: Record<string, Schema>
  readonly required?: readonly string[]
  readonly items?: Schema
}
interface Media {
  readonly content?: Record<string, { readonly schema: Schema }>
}
interface Operation {
  readonly requestBody?: Media
  readonly responses: Record<string, Media>
}

let directory: Harness
let paths: Record<string, Record<string, Operation>>
let schemas: Record<string, Schema>
beforeAll(async () => {
  directory = await startHarness()
  const { text } = await request(directory.url, 'GET', '/openapi.json')
  const document = JSON.parse(text) as {
    paths: typeof paths
    components: { schemas: typeof schemas }
  }
  paths = document.paths
  schemas = document.components.schemas
})
afterAll(() => directory.stop())

test('describes every endpoint that there is, and no other', () => {
  const described = [...page.matchAll(/^### ([A-Z]+ \/\S+)$/gm)].map(([, endpoint]) => endpoint!)
  const endpoints = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(described.toSorted()).toEqual(endpoints.toSorted())
})

const resolved = (schema: Schema): Schema =>
  schema.$ref ? resolved(schemas[schema.$ref.split('/').at(-1)!]!) : schema

/** Members that the example lacks or has too many, anywhere in it. */
const differences = (value: unknown, given: Schema, at = ''): string[] => {
  const schema = resolved(given)
  if (Array.isArray(value)) {
    return value.flatMap((item, i) => differences(item, schema.items ?? {}, `${at}/${i}`))
  }
  if (typeof value !== 'object' || value === null || !schema.properties) return []
  const properties = schema.properties
  const missing = (schema.required ?? []).filter((name) => !(name in value))
  return [
    ...missing.map((name) => `${at}/${name} is missing`),
    ...Object.entries(value).flatMap(([name, member]) =>
      properties[name]
        ? differences(member, properties[name], `${at}/${name}`)
        : [`${at}/${name} is not described`],
    ),
  ]
}

interface Example {
  readonly operation: Operation
  readonly request: string
  readonly response: string
}

const bodyOf = (message: string): unknown => {
  const [, body] = message.split('\n\n', 2)
  return body === undefined || body.trim() === '' ? undefined : JSON.parse(body)
}

const examples = (): Example[] => {
  const sections = page.split(/^### (?=[A-Z]+ \/)/m).slice(1)
  return sections.flatMap((section) => {
    const [, method, path] = /^([A-Z]+) (\S+)/.exec(section)!
    const operation = paths[path!]![method!.toLowerCase()]!
    const own = section.split(/^## /m)[0]!
    const blocks = [...own.matchAll(/```http\n([^`]*)```/g)].map(([, block]) => block!)
    const pairs = blocks.flatMap((block, i) => (i % 2 ? [] : [[block, blocks[i + 1]!] as const]))
    return pairs.map(([asked, answered]) => ({ operation, request: asked, response: answered }))
  })
}

test('has an example of every endpoint, with the members that it has', () => {
  const all = examples()
  expect(new Set(all.map(({ operation }) => operation)).size).toBe(
    Object.values(paths).flatMap((methods) => Object.keys(methods)).length,
  )
  for (const { operation, request: asked, response } of all) {
    const status = /^HTTP\/1\.1 (\d+)/.exec(response)?.[1]
    const answer = operation.responses[status!]
    expect(answer).toBeDefined()
    const [media] = Object.values(answer!.content ?? {})
    const body = bodyOf(response)
    expect(body === undefined).toBe(media === undefined)
    expect(differences(body, media?.schema ?? {})).toEqual([])
    const schema = operation.requestBody?.content?.['application/json']?.schema
    expect(bodyOf(asked) === undefined).toBe(schema === undefined)
    expect(differences(bodyOf(asked), schema ?? {})).toEqual([])
  }
})

test('lists every problem, as it is answered', () => {
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (\d{3}) +\| (.*?) +\| (.*?) +\|$/gm)]
  const listed = rows.map(([, code, status, title, detail]) => ({ code, status, title, detail }))
  const answered = PROBLEM_CODES.map((code) => {
    const { status, title, detail } = problemBody(new Problem(code))
    return { code, status: String(status), title, detail }
  })
  const byCode = (a: { code?: string | undefined }, b: { code?: string | undefined }): number =>
    a.code! < b.code! ? -1 : 1
  expect(listed.toSorted(byCode)).toEqual(answered.toSorted(byCode))
})

test('names every variable, with its default', () => {
  const row = /`(ISTHMUS_DIRECTORY_[A-Z_]+)(?:=(\S+?)`|` +\| `(\S+?)`)/g
  const named = [...page.matchAll(row)].map(([, name, limit, value]) => [name!, limit ?? value!])
  expect(named.map(([name]) => name!).toSorted()).toEqual(
    Object.keys(directoryConfig.shape).toSorted(),
  )
  expect(readDirectoryConfig(Object.fromEntries(named))).toEqual(readDirectoryConfig({}))
})

test('the worked example comes out again, byte for byte', () => {
  const worked = page.slice(
    page.indexOf('```text'),
    page.indexOf('```\n', page.indexOf('```text') + 8),
  )
  const line = (label: string): string => {
    const start = worked.indexOf(label)
    expect(start).toBeGreaterThan(0)
    return worked.slice(worked.indexOf('\n', start) + 1).split('\n\n')[0]!
  }
  const bytes = (label: string) => new Uint8Array(Buffer.from(line(label).trim(), 'base64url'))
  const hex = (label: string) =>
    line(label)
      .replace(/^.*[^0-9a-f\s].*\n/, '')
      .replace(/\s+/g, '')
  const privateKey = (label: string) =>
    createPrivateKey({
      key: Buffer.from(bytes(label)),
      format: 'raw-private',
      asymmetricKeyType: 'ed25519',
    })

  const [x25519, ed25519] = [bytes('device X25519 public'), bytes('device Ed25519 public')]
  const input = deviceBytes(x25519, ed25519)
  expect(Buffer.from(input).toString('hex')).toBe(hex('input of the identity signature'))
  const identitySignature = new Uint8Array(
    sign(undefined, input, privateKey('identity private key')),
  )
  expect(identitySignature).toEqual(bytes('identity signature\n'))

  const claims = line('claims, in hex')
    .replace(/ {2}[a-z]\w*$/gm, '')
    .replace(/\s+/g, '')
  const issuer = createIssuer(bytes('realm private key'))
  expect(new Uint8Array(issuer.publicKey)).toEqual(bytes('realm public key'))
  const deviceId = Buffer.from(claims, 'hex').subarray(17, 39).toString()
  const identityKey = bytes('identity public key')
  const subject = { address: 'instagram:ada', deviceId, x25519, ed25519, identityKey }
  const certificate = issuer.issue({ ...subject, identitySignature }, 1_795_411_827_432)
  const encoded = Buffer.from(certificate).toString('hex')
  expect(encoded).toBe(hex('certificate, in hex'))
  expect(encoded).toContain(claims)
  expect(hex('input of the realm signature')).toBe(
    Buffer.from('isthmus/v1/certificate\0').toString('hex') + claims,
  )
  expect(encoded.endsWith(Buffer.from(bytes('realm signature\n')).toString('hex'))).toBe(true)
})

test('the webhook’s signature is that of the example', () => {
  const [, timestamp] = /Isthmus-Timestamp: (\d+)/.exec(page)!
  const [, signature] = /Isthmus-Signature: sha256=([0-9a-f]{64})/.exec(page)!
  const [, secret] = /shared secret \(here `(.*?)`\)/.exec(page)!
  const [body] = /^\{"phone":.*\}$/m.exec(page)!
  expect(webhookSignature(secret!, timestamp!, body)).toBe(signature)
})
