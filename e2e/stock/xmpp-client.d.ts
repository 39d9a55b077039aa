/** What the stories use of @xmpp/client, which comes without types. */
declare module '@xmpp/client' {
  import type { EventEmitter } from 'node:events'

  export interface XmppElement {
    readonly name: string
    readonly attrs: Readonly<Record<string, string>>
    readonly children: readonly (XmppElement | string)[]
    is(name: string, xmlns?: string): boolean
    getChild(name: string, xmlns?: string): XmppElement | undefined
    getChildren(name: string, xmlns?: string): XmppElement[]
    getChildElements(): XmppElement[]
    getNS(): string
    text(): string
  }

  export interface XmppClient extends EventEmitter {
    readonly status: string
    readonly reconnect: { delay: number; stop(): void }
    readonly streamManagement: EventEmitter & { readonly id: string; readonly enabled: boolean }
    start(): Promise<unknown>
    stop(): Promise<unknown>
    send(element: XmppElement): Promise<void>
  }

  export interface XmppOptions {
    readonly service: string
    readonly domain: string
    readonly username: string
    readonly password: string
    readonly resource?: string
  }

  export const client: (options: XmppOptions) => XmppClient

  export const xml: (
    name: string,
    attributes?: Readonly<Record<string, string | number | undefined>>,
    ...children: (XmppElement | string)[]
  ) => XmppElement
}
