/**
 * How many letters a second both curves seal and open, alone on this machine's one thread.
 * usage: node packages/sdk/seal/seal.bench.ts [seconds for each figure, default 1]
 */
import { createTestRealm } from '../testing/realm.ts'
import { open, seal } from './box.ts'
import { rememberCertificates } from './certificate.ts'
import { openLetter, sealLetter } from './letter.ts'
import { naclPrimitives } from './nacl.ts'
import { nativePrimitives } from './native.ts'
import { detectPrimitives, type Primitives } from './primitives.ts'

const seconds = Number(process.argv[2] ?? 1)

const rate = async (work: () => Promise<unknown>): Promise<string> => {
  await work()
  const start = performance.now()
  let done = 0
  while (performance.now() - start < seconds * 1_000) {
    await work()
    done++
  }
  return Math.round((done * 1_000) / (performance.now() - start)).toLocaleString('en')
}

const measure = async (curves: Primitives): Promise<Record<string, string>> => {
  const now = Date.now()
  const realm = await createTestRealm(curves, now)
  const [ada, bob] = [await realm.device('instagram:ada'), await realm.device('instagram:bob')]
  const plaintext = new Uint8Array(512)
  // A Content with the id "1" and nothing else.
  const content = Uint8Array.of(0x0a, 1, 0x31)
  const to = bob.x25519.publicKey
  const box = await seal(plaintext, to, curves)
  const letter = await sealLetter(content, ada, to, curves)
  const verified = rememberCertificates()
  const options = { realmKey: realm.certificateKey, acceptedAt: now, primitives: curves }
  return {
    'seal/s (box alone)': await rate(() => seal(plaintext, to, curves)),
    'open/s (box alone)': await rate(() => open(box, bob.x25519, curves)),
    'letters sealed/s': await rate(() => sealLetter(content, ada, to, curves)),
    'letters opened/s': await rate(() => openLetter(letter, bob.x25519, options)),
    'of a known sender': await rate(() => openLetter(letter, bob.x25519, { ...options, verified })),
  }
}

console.log(`512-byte plaintexts; this platform uses ${(await detectPrimitives()).name} curves`)
console.table({
  native: await measure(nativePrimitives),
  tweetnacl: await measure(naclPrimitives),
})
