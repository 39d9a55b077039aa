/** The HTTP API: routes between what holds for all of them. */
import { OpenAPIHono } from '@hono/zod-openapi'
import type { MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import type { Api, App, Env } from './api.ts'
import { limitBody } from './body-limit.ts'
import { notFound, problemHandler } from './problem-response.ts'
import { addDeviceRoutes } from './routes/devices.ts'
import { addInstagramRoutes } from './routes/instagram.ts'
import { addMessengerRoutes } from './routes/messenger.ts'
import { addPeopleRoutes } from './routes/people.ts'
import { addPersonRoutes } from './routes/person.ts'
import { addRealmRoutes } from './routes/realm.ts'
import { addWhatsappRoutes } from './routes/whatsapp.ts'
import { malformed } from './schemas.ts'

/** Answers hold tokens and are about one caller: nobody on the way keeps them. */
const notStored: MiddlewareHandler<Env> = async (c, next) => {
  await next()
  c.header('cache-control', 'no-store')
  c.header('x-content-type-options', 'nosniff')
}

/** Requests are authorized by a header that pages must set, so any page may ask. */
const crossOrigin = (origins: readonly string[]): MiddlewareHandler<Env> =>
  cors({
    origin: origins.includes('*') ? '*' : [...origins],
    allowMethods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowHeaders: ['authorization', 'content-type'],
    exposeHeaders: ['retry-after'],
    maxAge: 86_400,
  })

const documentation = {
  openapi: '3.1.0',
  info: {
    title: 'Isthmus directory',
    version: '1',
    description: 'Accounts, devices, keys, consents and links. See docs/directory-api.md.',
  },
}

export const createApp = (api: Api, origins: readonly string[]): App => {
  const app: App = new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (!result.success) throw malformed(result.error)
    },
  })
  app.onError(problemHandler(api.directory.log))
  app.notFound(notFound)
  app.use(crossOrigin(origins))
  app.use(notStored)
  app.use(limitBody)
  addRealmRoutes(app, api)
  addWhatsappRoutes(app, api)
  addInstagramRoutes(app, api)
  addMessengerRoutes(app, api)
  addDeviceRoutes(app, api)
  addPeopleRoutes(app, api)
  addPersonRoutes(app, api)

  app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
  })
  const document = app.getOpenAPI31Document(documentation)
  app.get('/openapi.json', (c) => c.json(document))
  return app
}
