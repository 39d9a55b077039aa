import { graphql } from './graphql.ts'
import { mqtt } from './mqtt.ts'
import { transportContract } from './testing/contract.ts'
import { fakeGraphqlGateway } from './testing/fake-graphql.ts'
import { fakeMqttGateway } from './testing/fake-mqtt.ts'
import { fakeXmppGateway } from './testing/fake-xmpp.ts'
import { xmpp } from './xmpp.ts'

transportContract('XMPP', 'whatsapp:14155550123', (url) => xmpp({ url }), fakeXmppGateway)
transportContract('MQTT', 'messenger:ada.lovelace', (url) => mqtt({ url }), fakeMqttGateway)
transportContract('GraphQL', 'instagram:ada', (url) => graphql({ url }), fakeGraphqlGateway)
