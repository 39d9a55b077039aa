import { createRoute, z } from '@hono/zod-openapi'
import type { Api, App } from '../api.ts'
import { json } from '../schemas.ts'

const RealmAnswer = z.object({
  realm: z.string().openapi({ example: 'isthmus.localhost' }),
  certificateKey: z
    .string()
    .openapi({ description: 'Ed25519 public key that signs certificates; 32 bytes, base64url.' }),
})

const getRealm = createRoute({
  method: 'get',
  path: '/v1/realm',
  summary: 'The realm and the key that its certificates are checked with',
  responses: { 200: json(RealmAnswer, 'The realm.') },
})

const getLivez = createRoute({
  method: 'get',
  path: '/livez',
  summary: 'Whether the process answers',
  responses: { 200: json(z.object({ status: z.literal('ok') }), 'It does.') },
})

export const addRealmRoutes = (app: App, { realm, directory }: Api): void => {
  const certificateKey = Buffer.from(directory.issuer.publicKey).toString('base64url')
  app.openapi(getRealm, (c) => c.json({ realm, certificateKey }, 200))
  app.openapi(getLivez, (c) => c.json({ status: 'ok' as const }, 200))
}
